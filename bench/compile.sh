# The time to compile scripts of 1,000, 10,000 and 100,000 lines to an object, from start to end of the process.
# shellcheck shell=bash

measure_compile() {
    local lines rounds=5 folder
    [ -z "$quick" ] || rounds=3
    folder=$(mktemp -d)
    local -A took=()
    for lines in 1000 10000 100000; do
        write_script "$lines" >"$folder/script.kp"
        took[$lines]=$(for ((n = 0; n < rounds; n++)); do compile "$folder"; done | median)
    done
    rm -r "$folder"
    row compile "compile 1,000 lines" ms ktap="${took[1000]}"
    row compile "compile 10,000 lines" ms ktap="${took[10000]}" tenth="${took[1000]}" "most 200"
    row compile "compile 100,000 lines" ms ktap="${took[100000]}" tenth="${took[10000]}" note="linear: ten times as long, give or take a quarter" "tenth 12.5"
}

# EPOCHREALTIME is bash's own: a subshell for it would take longer than a small script.
compile() {
    local before after
    before=${EPOCHREALTIME/./}
    "$ktap" build "$1/script.kp" -o "$1/script.bpf.o" || return
    after=${EPOCHREALTIME/./}
    echo $(((after - before) / 1000))
}

# Blocks of 100 lines: eight functions of nine lines, a table filled, and a handler that calls two of the functions.
write_script() {
    awk -v lines="$1" 'BEGIN {
        for (block = 0; block < lines / 100; block++) {
            for (i = 0; i < 8; i++) {
                name = "f" block "_" i
                printf "function %s(a, b) {\n    var sum = a + %d\n    if (b > sum) {\n        sum = b - a\n    } elseif (b == %d) {\n        return 0\n    }\n    return sum * 2\n}\n", name, i, block
            }
            printf "# block %d\nvar names%d = {}\nvar limit%d = %d\n", block, block, block, block
            for (i = 0; i < 8; i++) printf "names%d[%d] = \"name \" .. %d * limit%d\n", block, i, i, block
            printf "if (limit%d < 0) {\n    print(names%d[1], f%d_3(1, 2))\n}\n", block, block, block
            printf "trace syscalls:sys_enter_ioprio_get /who == limit%d/ {\n", block
            printf "    var a = f%d_0(who, which)\n    var b = f%d_1(which, a)\n    if (a > b) {\n        seen[a, b] += 1\n    } else {\n        seen[b, a] += 1\n    }\n", block, block
            printf "    total += a\n    last = b\n    count += 1\n}\n"
            printf "\n# the end of the block\n"
        }
    }'
}
