# In-kernel cost of each script above an empty program on the same event, and what a traced system call takes as a whole.
# shellcheck shell=bash

measure_kernel() {
    local name rounds=9
    [ -z "$quick" ] || rounds=3
    for name in $names; do
        measure_script "$name" "$rounds"
    done
}

measure_script() {
    local name=$1 rounds=$2 programs=runs:1 empty=empty kind=calls calls=60000 costs targets=() which starts=3
    case $name in
        latency) programs=runs:2 empty=empty_pair ;;
        stacks) kind=frames calls=20000 ;;
        by_probe | by_call) kind=every ;;
    esac
    local contestants=(
        untraced - - -
        raw - "$programs" "exec $built/loader $built/$empty.raw.o"
        perf - "$programs" "exec $built/loader $built/$empty.perf.o"
        plain perf "$programs" "exec $built/loader $built/${twin[$name]}.plain.o"
        tuned raw "$programs" "exec $built/loader $built/${twin[$name]}.tuned.o"
        ktap raw "$programs" "exec $ktap -q -e '${ktap_script[$name]}'"
        again raw "$programs" "exec $built/loader $built/$empty.raw.o")
    # Hundreds of programs: half a minute to attach and detach, so once for all rounds.
    [ "$name" != by_probe ] || { starts=$rounds programs=waits; }
    for which in new old; do
        [ -z "${bpftrace[$which]:-}" ] || { [ "$name" = by_probe ] && [ -n "$quick" ]; } ||
            contestants+=("$starts:$which" perf "$programs" "exec ${bpftrace[$which]} -e '${bpftrace_script[$name]}'")
    done
    costs=$("$built/meter" cost "$rounds" "$calls" "$kind" "${contestants[@]}" 2>"$built/$name.log") || true
    cat "$built/$name.log" >&2

    case $name in
        by_pid | by_name | latency | two_part | rejected) targets=("tuned 1.05" "plain 0.8" "new 0.8") ;;
        by_probe | by_cpu | by_call | histogram) targets=("tuned 1.05" "hash 0.25") ;;
        *) targets=("tuned 1.05") ;;
    esac
    row kernel "${what[$name]}" ns new="$(cost new 2)" old="$(cost old 2)" plain="$(cost plain 2)" hash="$(cost plain 2)" tuned="$(cost tuned 2)" \
        ktap="$(cost ktap 2)" least="$(cost ktap 3)" resolution="$(cost again 4)" \
        note="a call as a whole: untraced $(cost untraced 5), empty $(cost raw 5), ktap $(cost ktap 5), C tuned $(cost tuned 5), C plain $(cost plain 5), bpftrace $(cost new 5), $(cost old 5); resolution $(cost again 4)" \
        "${targets[@]}"
    if [ "$name" = by_probe ]; then
        row kernel "time added to each system call, counted by name" ns new="$(added new)" old="$(added old)" plain="$(added plain)" tuned="$(added tuned)" \
            ktap="$(added ktap)" "new 0.6"
        slow_start=$(cost new 7) slow_end=$(cost new 8) old_slow_start=$(cost old 7) old_slow_end=$(cost old 8)
    fi
}

# A column of a contestant's line, - where there is none; the wall time that it adds. That is a small part of what a call takes, and the
# machine's own noise falls into most rounds, so the least of each is compared.
cost() { awk -v name="$1" -v column="$2" '$1 == name { print $column; found = 1 } END { if (!found) print "-" }' <<<"$costs"; }
added() { awk -v a="$(cost "$1" 6)" -v b="$(cost untraced 6)" 'BEGIN { print a == "-" || b == "-" ? "-" : a - b }'; }
