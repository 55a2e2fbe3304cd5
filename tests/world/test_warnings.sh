# What the macros expand to has no warnings of its own either: the tests, with headers that are not
# taken for the system's.
set -euo pipefail

warnings="-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wpedantic -Werror"
for compiler in "gcc" "clang -Wno-gnu"; do
    for name in adapt batch bundle fanout fn pipeline pipeline_binding pipeline_context \
        pipeline_dag pipeline_state try; do
        # shellcheck disable=SC2086  # compilers and flags are words
        $compiler -std=gnu11 $warnings -DWEFT_NO_SYSTEM_HEADER -fsyntax-only \
            -I"$WEFT_SOURCE/include" -I"$WEFT_SOURCE/tests/support" \
            "$WEFT_SOURCE/tests/world/test_$name.c"
    done
done
