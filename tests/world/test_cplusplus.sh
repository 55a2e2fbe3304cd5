# test-labels: slow
# C++17 programs include every public header, declare, register and look resources up, and keep
# handlers that C files made: compiled, linked and run with g++ and clang++.
set -euo pipefail

cat >counter.h <<'END'
#include <weft/weft.h>
typedef struct {
    long n;
} Counter;
typedef struct {
    const char *text;
    int size;
} Name;
WEFT_RESOURCE_DECLARE(Counter);
WEFT_RESOURCE_DECLARE(Name);
#ifdef __cplusplus
extern "C"
#endif
weft_status make_tick(const weft_world *world, weft_handler **tick_out);
END

cat >counter.c <<'END'
#include "counter.h"
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Name);
static void tick(Counter *counter, int step)
{
    counter->n += step;
}
WEFT_FN(tick, MUT(Counter), IN(int));
weft_status make_tick(const weft_world *world, weft_handler **tick_out)
{
    struct tick handler;
    weft_status status = tick_init(&handler, world);
    return status ? status : weft_box(&handler.base, world, tick_out);
}
END

cat >main.cc <<'END'
#include "counter.h"
int main()
{
    weft_builder *builder = weft_builder_new(nullptr);
    const Counter counter = { 5 };
    if (WEFT_REGISTER_FROM(builder, Counter, &counter) ||
        WEFT_REGISTER(builder, Name, { "x", 3 }) || WEFT_ENSURE(builder, Name, { "y", 4 }))
        return 1;
    weft_world *world;
    if (weft_builder_build(builder, &world))
        return 2;
    weft_handler *tick;
    if (make_tick(world, &tick) || !weft_handler_takes(tick, WEFT_EVENT(int)))
        return 3;
    const int step = 10;
    weft_run(tick, world, &step);
    if (WEFT_GET(world, Counter)->n != 15 || WEFT_GET(world, Name)->size != 3 ||
        !WEFT_CONTAINS(world, Name))
        return 4;
    weft_handler_fini(tick);
    weft_world_free(world);
    return 0;
}
END

# What only C files may say, with its header.
misuses=(
    "fn WEFT_FN(tick, IN(int));"
    "fn WEFT_BUNDLE(Both, RES(Counter, counter));"
    "resource WEFT_RESOURCE_DEFINE(Counter);"
    "fanout WEFT_FANOUT(ticks, int, tick, tock);"
    "adapt WEFT_ADAPT(tick_of, long, decode, tick);"
    "pipeline WEFT_PIPELINE(p, int, void, THEN(tick));"
    "batch WEFT_BATCH(ticks, int, tick);"
)

warnings="-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wpedantic -Werror"
for pair in "gcc:g++" "clang:clang++ -Wno-gnu"; do
    for define in "" -DWEFT_NO_SYSTEM_HEADER; do
        # shellcheck disable=SC2086  # compilers and flags are words
        {
            rm -f ./*.o
            ${pair%%:*} -std=gnu11 -I"$WEFT_SOURCE/include" -I"$WEFT_SOURCE/src" $define -c \
                "$WEFT_SOURCE"/src/base/*.c "$WEFT_SOURCE"/src/world/*.c counter.c
            ${pair#*:} -std=c++17 $warnings -I"$WEFT_SOURCE/include" $define main.cc ./*.o -o main
            ./main
            for misuse in "${misuses[@]}"; do
                printf '#include <weft/%s.h>\n%s\n' "${misuse%% *}" "${misuse#* }" >misuse.cc
                macro=${misuse#* }
                macro=${macro%%(*}
                if ${pair#*:} -std=c++17 -I"$WEFT_SOURCE/include" $define -fsyntax-only misuse.cc \
                    2>said; then
                    echo "$macro compiles as C++ with $pair" >&2
                    exit 1
                fi
                grep error: said | head -1 | grep -q "$macro is for C files"
            done
        }
    done
done
