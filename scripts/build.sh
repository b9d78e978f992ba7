#!/usr/bin/env bash
# Builds out/ktap: one native executable that needs libc and libm only. NATIVE_FRAMEWORK is the .NET version whose
# ahead-of-time runtime pack is used; net9.0 is the newest one that can be had everywhere.
source "$(dirname "$0")/common.sh"

scripts/setup.sh
need_dotnet

case $(uname -m) in
    x86_64) runtime=linux-x64 ;;
    aarch64) runtime=linux-arm64 ;;
    *) die "there is no ahead-of-time .NET compiler for $(uname -m); build on x86_64 or aarch64" ;;
esac
framework=${NATIVE_FRAMEWORK:-net9.0}

dotnet publish src/Cli -c Release -r "$runtime" -p:KtapFramework="$framework" -p:PublishAot=true -v quiet
mkdir -p out
install -m 755 "artifacts/$framework/publish/Ktap.Cli/release_$runtime/ktap" out/ktap
give_back artifacts out
