#!/usr/bin/env bash
# The README's program compiles without a warning and says what the README says; its commands exist.
set -euo pipefail

readme=$WEFT_SOURCE/README.md
sanitize=${WEFT_SANITIZE:+-fsanitize=$WEFT_SANITIZE}

awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$readme" >program.c
[ "$(grep -c . program.c)" -gt 10 ] || { echo "the README has no program"; exit 1; }
for compiler in gcc clang; do
    # Another compiler's sanitizer runtime does not go with the library of this build.
    if [ -n "$sanitize" ] && [ "$compiler" != "${WEFT_COMPILER##*/}" ]; then
        continue
    fi
    # shellcheck disable=SC2086
    $compiler -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wconversion -Werror $sanitize \
        -I"$WEFT_SOURCE/include" program.c "$WEFT_BIN/../lib/libweft.a" -o program
    said=$(./program)
    [ "$said" = "total 42" ] || { echo "the README's program, by $compiler, says: $said"; exit 1; }
done

# The same program is an example, so that it can be looked at and changed.
diff <(sed 1,2d "$WEFT_SOURCE/examples/tick.c" | grep -v '^$') \
    <(grep -v '^$' program.c) >/dev/null ||
    { echo "examples/tick.c and the README's program differ"; exit 1; }

grep -oE '(^    |`)make [a-z]+' "$readme" | grep -oE '[a-z]+$' | sort -u | while read -r target; do
    grep -q "^$target:" "$WEFT_SOURCE/Makefile" || { echo "there is no make $target"; exit 1; }
done
