# Counting instructions, for the tests of this folder, which read it with `.`.

# instructions OBJECT: "function count" per function.
instructions()
{
    objdump -d --no-show-raw-insn "$1" | awk '
        /^[0-9a-f]+ <.*\..*>:$/ { name = ""; next } # a part of a function that was split off
        /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); count[name] = 0; next }
        name && /^ *[0-9a-f]+:\t/ {
            sub(/^ *[0-9a-f]+:\t/, "")
            sub(/^((data16|cs|ds|es|rex\.W) +)+/, "")
            if ($0 !~ /^(nop|xchg +%ax,%ax|endbr64|bti|int3|udf)/)
                count[name]++
        }
        END { for (name in count) print name, count[name] }'
}

# loads OBJECT: "loads_function bytes", which is one more than its loads.
loads()
{
    nm --defined-only --print-size --radix=d "$1" |
        awk '$4 ~ /^loads_/ { print $4, $2 + 0 }'
}

# compare LEAST: reads both, prints a line per pair; fails unless exactly the controls are too long
# and there are LEAST pairs beside them.
compare()
{
    awk -v least="$1" '
        { value[$1] = $2 }
        function judge(name, kind, limit,    ours, verdict, control) {
            ours = value["ours_" name]
            control = name ~ /^control_/
            pairs++
            controls += control
            verdict = ours <= limit ? "" : "  too long"
            if ((verdict == "") == control) {
                wrong++
                verdict = verdict (control ? "  a control that is not noticed" : "  WRONG")
            }
            printf "  %-18s ours %3d   %s %3d   at most %3d%s\n", name, ours, kind,
                value[kind "_" name], limit, verdict
        }
        END {
            for (key in value) {
                if (key !~ /^ours_/)
                    continue
                name = substr(key, 6)
                known = 0
                if ("hand_" name in value) {
                    judge(name, "hand", value["hand_" name])
                    known = 1
                }
                if ("bare_" name in value && "loads_" name in value) {
                    judge(name, "bare", value["bare_" name] + value["loads_" name] - 1)
                    known = 1
                }
                if (!known || value[key] < 1) {
                    printf "  %s has nothing to be compared with\n", key
                    wrong++
                }
            }
            printf "  %d pairs, %d controls, %d wrong\n", pairs, controls, wrong
            exit !(wrong == 0 && pairs - controls >= least && controls >= 2)
        }'
}
