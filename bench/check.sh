#!/usr/bin/env bash
# check.sh CALLS: whether all count the same. Prints a line for each script: its name, then what plain C, tuned C and ktap counted when the
# traced work made so many calls.
source "$(dirname "$0")/../scripts/common.sh"

calls=$1 built=out/bench ktap=${KTAP:-out/ktap}
bench/build.sh "$built"
source bench/scripts.sh
said=$(mktemp)
trap 'rm "$said"' EXIT

# What a tracer printed when it was ended.
printed() {
    local text=$1 output
    shift
    output=$(mktemp)
    "$built/meter" session -a "says:$text" -w "calls:$calls" -o "$output" "exec $*" >/dev/null 2>"$said" || cat "$said" >&2
    cat "$output"
    rm "$output"
}

# The sum of the counts in ktap's histograms, distributions and variables; of system calls only the traced one.
sum() {
    awk -v one="$1" '
        one && $1 != "252" && $1 != "sys_enter_ioprio_get" { next }
        / = [0-9]+$/ { sum += $NF }
        / \|.*\|$/ { split($0, part, "|"); count = split(part[1], word, " "); sum += word[count]; next }
        / \|/ { sum += $NF }
        END { print sum + 0 }'
}

for name in $names; do
    one=''
    [ "${twin[$name]}" != by_call ] || one=252
    echo "$name $(printed attached "$built/loader $built/${twin[$name]}.plain.o $one") $(printed attached "$built/loader $built/${twin[$name]}.tuned.o $one")" \
        "$(printed Tracing "$ktap -e '${ktap_script[$name]}'" | sum "$one")"
done
