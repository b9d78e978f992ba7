#!/usr/bin/env bash
# Builds everything and runs all tests. The last line is the total over the test projects and the virtual machines: "N passed, N failed, N skipped".
# Fails where a test failed, a runner did not get to its end, or nothing passed at all.
source "$(dirname "$0")/common.sh"

scripts/setup.sh test
need_dotnet
why=$(why_no_bpf)
[ -z "$why" ] || say "ktap: tests that load programs into the kernel will be skipped: $why"

dotnet build ktap.sln -v quiet
make --silent out/ktap

# So many random programs have to agree with the kernel; a test run by hand does fewer.
export KTAP_PROGRAMS=${KTAP_PROGRAMS:-10000}

results=out/test-results
rm -rf "$results"
mkdir -p "$results"
broken=0
for project in tests/*.Tests; do
    name=$(basename "$project")
    ended='^(Passed|Skipped)! '
    dotnet test "$project" --no-build --results-directory "$results" --logger "trx;LogFileName=$name.trx" \
        --logger "console;verbosity=minimal" --blame-hang-timeout 10m --blame-hang-dump-type none |
        tee "$results/$name.log" || ended='^Failed! '
    # A runner that crashed or hung, or found no tests, has not the total that its exit status promises: a failure of its own.
    grep -qE "$ended" "$results/$name.log" || { say "ktap: the runner of $name did not get to its end"; broken=$((broken + 1)); }
    give_back "$results"
done

# Older kernels, in virtual machines; the last line is their total. Where there can't be any, it says that they were skipped.
tests/vm/run.sh | tee "$results/machines" || true
machines=$(tail -n 1 "$results/machines")
if ! [[ $machines =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    say "ktap: the tests in virtual machines did not get to their end"
    machines="0 passed, 1 failed, 0 skipped"
fi

# Why each skipped test was skipped, from the runners' result files.
awk '
    /<UnitTestResult / { skipped = /outcome="NotExecuted"/; match($0, /testName="[^"]*"/); name = substr($0, RSTART + 10, RLENGTH - 11) }
    skipped && /<Message>/ { sub(/.*<Message>/, ""); sub(/<\/Message>.*/, ""); print "skipped " name ": " $0; skipped = 0 }
' "$results"/*.trx | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g'

{ cat "$results"/*.log; echo "Machines: $machines"; } | awk -v broken="$broken" '
    function count(what) { return match($0, what ": +[0-9]+") ? substr($0, RSTART + length(what) + 1, RLENGTH) + 0 : 0 }
    /^(Passed|Failed|Skipped)! / { passed += count("Passed"); failed += count("Failed"); skipped += count("Skipped") }
    /^Machines: / { passed += $2; failed += $4; skipped += $6 }
    END {
        failed += broken
        print passed + 0 " passed, " failed " failed, " skipped + 0 " skipped"
        exit failed > 0 || passed == 0
    }'
