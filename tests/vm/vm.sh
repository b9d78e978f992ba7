#!/usr/bin/env bash
# Runs one command under a real Debian kernel, emulated by QEMU (TCG, one processor), on x86-64.
#
#   vm.sh [-k KERNEL_SUITE] [-s SUITE] [-t SECONDS] [-m MEMORY] [-v] [--add SRC:DEST]... -- COMMAND [ARGUMENT...]
#   vm.sh [-k KERNEL_SUITE] [-s SUITE] -n           only fills the cache
#
#   -k, -s   the Debian suites of the kernel (trixie) and of libc and busybox (trixie)
#   -t, -m   limits: wall-clock seconds (300) and memory (1G)       -v   show the whole console
#   --add    copy a file or folder of the host to DEST inside (links are followed)
#
# The command sees busybox and libc in a RAM disk, with /proc, /sys, debugfs, tracefs, bpffs and cgroup2 mounted; no network, no disk, no
# kernel module. Its output is copied to stdout, and its exit status is this script's. 124: the time limit passed. 125: the
# machine never reported.
#
# Needs qemu-system-x86 and cpio, and an apt that knows a Debian archive. Not root: apt works in a state folder of its own. What it fetches stays
# in ${XDG_CACHE_HOME:-~/.cache}/ktap-vm; delete that to fetch newer packages.
set -euo pipefail
die() { echo "vm.sh: $*" >&2; exit 125; }
usage() { sed -n '4,9s/^# \{0,1\}//p' "$0" >&2; exit 125; }

suite=trixie kernel=trixie limit=300 memory=1G verbose='' fetch_only='' boot_limit=90 added=()
while [ $# -gt 0 ]; do
    case $1 in
        -s) suite=${2?}; shift 2 ;;
        -k) kernel=${2?}; shift 2 ;;
        -t) limit=${2?}; shift 2 ;;
        -m) memory=${2?}; shift 2 ;;
        --add) added+=("${2?}"); shift 2 ;;
        -v) verbose=1; shift ;;
        -n) fetch_only=1; shift ;;
        --) shift; break ;;
        *) usage ;;
    esac
done
[ $# -gt 0 ] || [ "$fetch_only" ] || usage

cache=${XDG_CACHE_HOME:-$HOME/.cache}/ktap-vm/amd64
image=$cache/vmlinuz-$kernel base=$cache/root-$suite.cpio
mkdir -p "$cache"
work=$(mktemp -d)
trap '[ ! -e "$work/pid" ] || kill "$(cat "$work/pid")"; rm -rf "$work"' EXIT
trap 'exit 125' INT TERM

# Points apt at a state folder of its own for a suite, with the archive that the host uses.
apt_for() {
    local state=$cache/apt-$1 uri VERSION_CODENAME=''
    . /etc/os-release
    export APT_CONFIG=$state/apt.conf
    [ ! -e "$state/updated" ] || return 0
    uri=$(APT_CONFIG='' apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $VERSION_CODENAME" 'Component: main' | head -n1)
    [ "$uri" ] || die "apt on this machine lists no Debian archive (apt-get update?)"
    mkdir -p "$state"/{lists,archives}/partial
    : >"$state/status"
    printf '%s\n' 'Types: deb' "URIs: $uri" "Suites: $1" 'Components: main' \
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$state/debian.sources"
    cat >"$state/apt.conf" <<END
APT::Architecture "amd64"; APT::Architectures { "amd64"; };
APT::Default-Release "$1"; APT::Install-Recommends "false"; APT::Sandbox::User "";
Dir::State "$state"; Dir::State::Lists "$state/lists"; Dir::State::status "$state/status";
Dir::Cache "$state"; Dir::Cache::Archives "$state/archives";
Dir::Etc::SourceList "$state/debian.sources"; Dir::Etc::SourceParts "/dev/null";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; Acquire::Languages "none"; Acquire::Retries "3";
END
    apt-get -qq update >&2
    touch "$state/updated"
}

# The kernel that the suite's metapackage names; only its image is kept.
get_kernel() {
    local name
    apt_for "$kernel"
    name=$(apt-cache depends --important linux-image-cloud-amd64 | sed -n 's/^ *|\{0,1\}Depends: \(linux-image-.*\)/\1/p' | head -n1)
    [ "$name" ] || die "$kernel has no linux-image-cloud-amd64"
    (cd "$work" && apt-get -qq download "$name" >&2 && dpkg-deb --fsys-tarfile "$name"_*.deb | tar -x --wildcards './boot/vmlinuz-*')
    mv "$work"/boot/vmlinuz-* "$image"
    rm -rf "$work"/boot "$work"/*.deb
}

get_root() {
    local root=$work/root folder package
    apt_for "$suite"
    apt-get -qq -y --download-only install busybox-static libc6 >&2
    mkdir -p "$root"/usr "$root"/{dev,proc,sys,tmp,run,root,etc}
    for folder in bin sbin lib lib64; do mkdir "$root/usr/$folder"; ln -s "usr/$folder" "$root/$folder"; done
    for package in "$cache/apt-$suite"/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
        rm "$package"
    done
    rm -rf "$root"/usr/share "$root"/usr/lib/*/gconv
    pack "$root" >"$base.new"
    mv "$base.new" "$base"
}

pack() { (cd "$1" && find . -mindepth 1 -print0 | cpio --quiet -0 -o -H newc -R 0:0); }

{
    flock 9
    [ -e "$image" ] || get_kernel
    [ -e "$base" ] || get_root
} 9>"$cache/lock"
[ ! "$fetch_only" ] || exit 0

# The command, what is added, and init, laid over the root.
top=$work/top
mkdir -p "$top"/usr/{bin,sbin,lib,lib64}
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$top/$folder"; done
for pair in "${added[@]}"; do
    from=${pair%%:*} to=$top/${pair#*:}
    [ -e "$from" ] || die "no such file: $from"
    mkdir -p "$(dirname "$to")"
    if [ -d "$from" ]; then mkdir -p "$to"; cp -RL --preserve=mode "$from/." "$to"; else cp -L --preserve=mode "$from" "$to"; fi
done
for word in "$@"; do printf "'%s' " "${word//\'/\'\\\'\'}"; done >"$top/command"
cat >"$top/init" <<'END'
#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
busybox mount -t proc proc /proc
busybox --install -s /bin
mount -t devtmpfs dev /dev; mount -t sysfs sys /sys
mkdir -p /dev/shm /tmp /run
for folder in /dev/shm /tmp /run; do mount -t tmpfs tmp $folder; done
mount -t debugfs debug /sys/kernel/debug; mount -t tracefs trace /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf; mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
cd /root
echo "VM-BEGIN $(uname -r)"
sh /command </dev/null
printf '\nVM-EXIT %s\n' $?
poweroff -f
END
chmod +x "$top/init"
{ cat "$base"; pack "$top"; } >"$work/initrd"

# The console is a serial line: its carriage returns go, and what the command wrote is between the marks. An oops ends the machine. QEMU 7.2's
# cmpxchg16b leaves garbage in the flags, which crashed every fifth boot of 6.12, so the kernel doesn't use it (141).
console=$work/console
: >"$console"
if [ "$verbose" ]; then show=(cat); else show=(sed -un -e 's/\r*$//' -e 's/^.*VM-BEGIN/VM-BEGIN/' -e '/^VM-BEGIN/,/^VM-EXIT/{/^VM-/!p}'); fi
{
    ended=0
    timeout -k 5 "$limit" qemu-system-x86_64 -M q35 -cpu max -accel tcg -smp 1 -m "$memory" -nodefaults -display none -serial stdio \
        -pidfile "$work/pid" -no-reboot -kernel "$image" -initrd "$work/initrd" \
        -append "console=ttyS0 tsc=reliable quiet loglevel=3 oops=panic panic=-1 mitigations=off nokaslr clearcpuid=141" </dev/null 2>"$work/errors" || ended=$?
    echo "$ended" >"$work/ended"
} | tee "$console" | "${show[@]}" &
for ((second = 0; second < boot_limit; second++)); do
    ! grep -q VM-BEGIN "$console" && [ ! -e "$work/ended" ] || break
    sleep 1
done
[ "$second" -lt "$boot_limit" ] || kill "$(cat "$work/pid")" || true
wait
status=$(sed -n 's/^VM-EXIT \([0-9]*\)\r*$/\1/p' "$console" | tail -n1)
[ ! "$status" ] || exit "$status"
{ cat "$work/errors"; tail -n 40 "$console"; } >&2
[ "$(cat "$work/ended")" != 124 ] || { echo "vm.sh: no end after $limit s" >&2; exit 124; }
die "the machine stopped without reporting a status"
