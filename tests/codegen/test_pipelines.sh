#!/usr/bin/env bash
# A pipeline is the hand-written function, instruction for instruction, and a batch of it runs in
# vector instructions where the hand-written loop does.
# test-labels: codegen
#
# Compiles pipelines.c by gcc and clang at -O2 -DNDEBUG and counts each function's instructions, as
# test_calls.sh does: ours_NAME against hand_NAME and against bare_NAME plus one load per resource;
# loops are neither unrolled nor vectorised for that. Then at -O3: packed_NAME must have at least as
# many vector instructions as by_hand_NAME, which must have some. The pairs named control_* must be
# noticed, each of them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=${WEFT_SOURCE:-$(cd "$here/../.." && pwd)}

. "$here/count.sh"

# packed OBJECT: "function count" of the instructions that use vector registers.
packed()
{
    objdump -d --no-show-raw-insn "$1" | awk '
        /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); count[name] = 0; next }
        /%[xyz]mm|[ ,{]v[0-9]+\.[0-9]+[bhsd]/ { count[name]++ }
        END { for (name in count) print name, count[name] }'
}

# compare_packed: prints a line per pair; fails unless exactly the controls have too few.
compare_packed()
{
    awk '
        { value[$1] = $2 }
        END {
            for (key in value) {
                if (key !~ /^packed_/)
                    continue
                name = substr(key, 8)
                hand = value["by_hand_" name]
                control = name ~ /^control_/
                good = hand > 0 && value[key] >= hand
                pairs++
                controls += control
                wrong += good == control
                printf "  %-18s ours %3d   by hand %3d vector instructions%s\n", name, value[key],
                    hand, good == control ? "  WRONG" : ""
            }
            exit !(wrong == 0 && pairs - controls >= 2 && controls >= 1)
        }'
}

status=0
for compiler in gcc clang; do
    object=${TMPDIR:-/tmp}/pipelines-$compiler-$$.o
    compile="$compiler -std=gnu11 -DNDEBUG -I$source/include -c $source/tests/codegen/pipelines.c"
    echo "$($compiler --version | head -n 1), -O2 -DNDEBUG"
    $compile -O2 -fno-tree-vectorize -fno-unroll-loops -o "$object"
    { instructions "$object"; loads "$object"; } | compare 12 | LC_ALL=C sort || status=1
    echo "$($compiler --version | head -n 1), -O3 -DNDEBUG"
    $compile -O3 -o "$object"
    packed "$object" | compare_packed | LC_ALL=C sort || status=1
    rm -f "$object"
done
exit "$status"
