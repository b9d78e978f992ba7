#!/usr/bin/env bash
# build.sh FOLDER: builds the bench's own programs and the C twins there, against the running kernel's types.
source "$(dirname "$0")/../scripts/common.sh"

[ "$(uname -m)" = x86_64 ] || die "the C twins, which ktap is compared with, are written for x86-64"
to=$1
mkdir -p "$to"
headers=$to/vmlinux.h
bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$headers.new" || die "bpftool could not read the kernel's types"
cmp -s "$headers.new" "$headers" || mv "$headers.new" "$headers"
rm -f "$headers.new"

newer() { [ ! -e "$1" ] || [ -n "$(find "${@:2}" -newer "$1")" ]; }

for program in loader:bench/loader.c:-lbpf:-lelf:-lz meter:bench/meter; do
    IFS=: read -r name source libraries <<<"$program"
    ! newer "$to/$name" "$source" bench/build.sh || {
        [ ! -d "$source" ] || source=$(echo "$source"/*.c)
        # With frame pointers, since stacks of the work are traced.
        # shellcheck disable=SC2086
        clang -O2 -fno-omit-frame-pointer -Wall -Wextra -Werror -o "$to/$name" $source ${libraries//:/ }
    }
done
for source in bpf/*.c; do
    object=$to/$(basename "$source" .c).o
    ! newer "$object" "$source" bpf/*.h "$headers" bench/build.sh ||
        clang -O2 -g -target bpf -mcpu=v3 -Wall -Werror -Wno-unused-function -I"$to" -c "$source" -o "$object"
done
give_back "$to"
