#!/usr/bin/env bash
# Boots Debian's kernels 5.10, 6.1 and 6.12 and runs out/ktap in each: inside.sh says what is tested. Besides the scripts of the
# repository (samples, seeds, corpus, the manual's examples) every *.kp of the folders that are named has to load. Random programs for it:
#
#   mkdir out/agreement && KTAP_CORPUS=$PWD/out/agreement dotnet test tests/Runtime.Tests --filter RandomProgramsAgree
#
#   tests/vm/run.sh [FOLDER...]            KERNELS="bullseye trixie" chooses
#
# The last line is the total: "N passed, N failed, N skipped".
source "$(dirname "$0")/../../scripts/common.sh"

out=out/vm
total() { awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5 }
    END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"; exit f > 0 || p + s == 0 }' "$@"; }
skip() { say "skipped the kernels 5.10, 6.1 and 6.12: $1"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }

[ "$(uname -m)" = x86_64 ] || skip "this is $(uname -m), and they are for x86_64"
scripts/setup.sh vm || skip "QEMU can't be installed"
make --silent out/ktap

rm -rf "$out"
mkdir -p "$out"/scripts
cc -O1 -Wall -Wextra -Werror -static -o "$out/known_work" tests/Cli.Tests/work.c
cc -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer -static -o "$out/known_calls" tests/Shared/calls.c
cp -r samples tests/seeds tests/vm/corpus "$out/scripts"
mkdir "$out/scripts/manual"
awk -v into="$out/scripts/manual" '/^```ktap$/ { file = sprintf("%s/%03d.kp", into, FNR); next } /^```/ { file = "" } file { print > file }' docs/language.md
for folder; do cp -r "$folder" "$out/scripts/"; done

boot() {
    local suite=$1 log=$out/$1.log status attempt
    for attempt in 1 2; do
        status=0
        tests/vm/vm.sh -k "$suite" -t "$limit" --add out/ktap:/usr/bin/ktap --add "$out/known_work:/usr/bin/known_work" --add "$out/known_calls:/usr/bin/known_calls" \
            --add "$out/scripts:/scripts" --add tests/vm/inside.sh:/inside.sh --add tests/vm/functions.sh:/functions.sh -- sh -c 'uname -r; sh /inside.sh' >"$log" 2>"$log.errors" || status=$?
        [ "$status" = 125 ] || break
        say "ktap: the machine with the kernel of $suite stopped; attempt $attempt of 2"
    done
    [ "$status" -le 1 ] || { cat "$log.errors"; echo "failed: the machine with the kernel of $suite: status $status"; echo "0 passed, 1 failed, 0 skipped"; } >>"$log"
}

# Two at a time.
echo ${KERNELS:-bullseye bookworm trixie} | tr ' ' '\n' >"$out/kernels"
limit=$(($# > 0 ? 3600 : 1200))
export out limit
export -f boot say
xargs -P 2 -I{} bash -c 'boot {}' <"$out/kernels"

logs=()
while read -r suite; do
    logs+=("$out/$suite.log")
    echo "Linux $(head -n1 "$out/$suite.log"):"
    sed 1d "$out/$suite.log"
done <"$out/kernels"
give_back out
total "${logs[@]}"
