#!/usr/bin/env bash
# A call through WEFT_FN is the hand-written function, instruction for instruction.
# test-labels: codegen
#
# Compiles calls.c by gcc and clang at -O2 -DNDEBUG and counts each function's instructions, without
# padding (nops) and landing pads (endbr64, bti). For each ours_NAME:
#
#     ours <= hand_NAME                 the same with its pointers in a struct: nothing on top
#     ours <= bare_NAME + loads_NAME    the same with its pointers as arguments: a load each on top
#
# There is no tolerance beyond that. The pairs named control_* must be noticed, each of them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=${WEFT_SOURCE:-$(cd "$here/../.." && pwd)}

. "$here/count.sh"

status=0
for compiler in gcc clang; do
    object=${TMPDIR:-/tmp}/calls-$compiler-$$.o
    echo "$($compiler --version | head -n 1), -O2 -DNDEBUG"
    $compiler -std=gnu11 -O2 -DNDEBUG -I"$source/include" -c "$source/tests/codegen/calls.c" \
        -o "$object"
    { instructions "$object"; loads "$object"; } | compare 10 | LC_ALL=C sort || status=1
    rm -f "$object"
done
exit "$status"
