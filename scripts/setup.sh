#!/usr/bin/env bash
# Installs what Debian 12 or 13 lacks for building ktap, with the argument "test" for testing it too, with "vm" for testing it in
# virtual machines, and with "bench" for measuring it (bpftrace goes into folders of its own: bench/bpftrace.sh).
# The .NET SDK is not Debian's: where it is missing, this says how to get it.
source "$(dirname "$0")/common.sh"

for_build=(libbpf-dev libelf-dev zlib1g-dev libtraceevent-dev clang)
for_tests=(bpftool)
for_machines=(qemu-system-x86 seabios cpio libc6-dev)
for_bench=(bpftool libc6-dev debootstrap)

need_linux
need_dotnet

wanted=("${for_build[@]}")
case ${1:-} in
    test) wanted+=("${for_tests[@]}") ;;
    vm) wanted+=("${for_machines[@]}") ;;
    bench) wanted+=("${for_bench[@]}") ;;
esac

command -v dpkg-query >/dev/null ||
    { say "ktap: this is not Debian; make sure that its equivalents of these are here: ${wanted[*]}"; exit 0; }
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
    grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

[ "$(id -u)" = 0 ] || die "these Debian packages are missing: ${missing[*]}; install them by: sudo apt-get install ${missing[*]}"
say "ktap: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null >&2 || die "apt-get could not read the package lists; is there a network?"
apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}" </dev/null >&2 || die "apt-get could not install ${missing[*]}"
