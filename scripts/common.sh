# Sourced by the other scripts: goes to the repository's top folder, and has the checks of the machine, one sentence each.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# No build servers left behind: under sudo they would be root's.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

say() { printf '%s\n' "$*" >&2; }

die() {
    say "ktap: $*"
    exit 1
}

need_linux() {
    [ "$(uname -s)" = Linux ] || die "this is $(uname -s); ktap traces Linux kernels and runs on Linux only"
}

# Puts a .NET SDK that is new enough on PATH. sudo cuts PATH and HOME, so the usual places are searched too.
need_dotnet() {
    local invoker='' dir
    [ -z "${SUDO_USER:-}" ] || invoker=$(getent passwd "$SUDO_USER" | cut -d: -f6)
    for dir in "$(dirname "$(command -v dotnet || echo /none/dotnet)")" "${DOTNET_ROOT:-/none}" /usr/share/dotnet \
        /usr/lib/dotnet /usr/bin "${HOME:-/none}/.dotnet" "${invoker:-/none}/.dotnet"; do
        if [ -x "$dir/dotnet" ] && "$dir/dotnet" --list-sdks | grep -E '^[1-9][0-9]\.' >/dev/null; then
            export PATH="$dir:$PATH"
            return
        fi
    done
    die "there is no .NET SDK 10 or later here; get one as https://learn.microsoft.com/dotnet/core/install/linux-debian says (package dotnet-sdk-10.0)"
}

# Says why programs can't be loaded into this kernel, or says nothing and succeeds.
why_no_bpf() {
    local capabilities
    capabilities=$(awk '/^CapEff:/ { print $2 }' /proc/self/status)
    if [ "$(id -u)" != 0 ]; then
        echo "loading programs into the kernel needs root; use sudo"
    elif ! ((16#$capabilities >> 21 & 1 || (16#$capabilities >> 39 & 1 && 16#$capabilities >> 38 & 1))); then
        echo "root lacks CAP_SYS_ADMIN here (and CAP_BPF with CAP_PERFMON), as in a container; run it with those capabilities"
    elif [ ! -e /proc/sys/kernel/unprivileged_bpf_disabled ]; then
        echo "this kernel has no bpf system call (CONFIG_BPF_SYSCALL); boot one that has it, as Debian's kernels do"
    elif [ ! -e /sys/kernel/btf/vmlinux ]; then
        echo "this kernel has no type information at /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF); boot one that has it, as Debian's kernels do"
    fi
}

# What root builds in a user's checkout belongs to that user.
give_back() {
    [ "$(id -u)" != 0 ] || chown -R --reference=. "$@"
}
