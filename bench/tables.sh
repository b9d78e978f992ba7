# The automatic print of large tables, to a file: from SIGINT until the tracer has ended.
# shellcheck shell=bash

measure_tables() {
    local entries=1000000 stacks=100000 rounds=3 hook=syscalls:sys_enter_ioprio_get which file log note
    [ -z "$quick" ] || rounds=1
    file=$(mktemp -p "$(roomy_folder)") log=$built/tables.log
    local -A took=([new]=- [old]=-)
    print_table "$rounds" says:Tracing "calls:$entries" "$ktap --max-entries 1048576 -e 'trace $hook { s[who] += 1 }'"
    local ours=$lived_ended least=$least_ended lines
    lines=$(wc -l <"$file")
    [ "$lines" -ge "$entries" ] || ours=-
    for which in new old; do
        [ -n "${bpftrace[$which]:-}" ] || continue
        # The setting's name of 0.27, then that of 0.17.
        print_table 1 waits "calls:$entries" "env BPFTRACE_MAX_MAP_KEYS=1048576 BPFTRACE_MAP_KEYS_MAX=1048576 ${bpftrace[$which]} -e 'tracepoint:$hook { @[args->who] = count(); }'"
        [ "$(wc -l <"$file")" -ge "$entries" ] && took[$which]=$lived_ended
    done
    row tables "automatic print of a million integer keys" ms new="${took[new]}" old="${took[old]}" ktap="$ours" least="$least" note="$lines lines" "most 800"
    print_table "$rounds" says:Tracing "ways:$stacks" "$ktap --max-entries 200000 -e 'trace $hook { s[ustack()] += 1 }'"
    # One line of each stack is in main. What is left out costs no time, so then there is no time to tell, and the target is missed.
    lines=$(grep -c '^main+' "$file" || true)
    note="$lines stacks with symbols$(sed -n 's/^ktap: -e:1: \(.* stacks were lost.*\)/; \1/p' "$log" | head -n1)"
    [ "$lines" = "$stacks" ] || note+=" ($lived_ended ms)" lived_ended=lost
    row tables "automatic print of 100,000 stacks" ms ktap="$lived_ended" least="$least_ended" note="$note" "most 2000"
    rm "$file"
}

# Sets lived_ended and least_ended (ms); the last output stays in $file, and what was said in $log.
print_table() {
    local rounds=$1 how=$2 work=$3 command=$4 n all=''
    for ((n = 0; n < rounds; n++)); do
        all+=$("$built/meter" session -a "$how" -w "$work" -o "$file" "exec $command" 2>"$log")$'\n' || { cat "$log" >&2; break; }
        sleep 0.1
    done
    lived_ended=$(ms "$(value ended <<<"$all" | median)") least_ended=$(ms "$(value ended <<<"$all" | least)")
}
