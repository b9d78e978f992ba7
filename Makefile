PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: all test test-vm fuzz demo bench install clean

all: out/ktap

# Everything the executable is built from, folders included, so that a removed file counts too.
out/ktap: $(shell find src) Directory.Build.props Directory.Packages.props scripts/build.sh
	scripts/build.sh

test:
	scripts/test.sh

test-vm: out/ktap
	tests/vm/run.sh

# A million inputs to the front end; KTAP_FUZZ and KTAP_SEED say how many, and which.
fuzz:
	KTAP_FUZZ=$${KTAP_FUZZ:-1000000} dotnet test tests/Compiler.Tests -v quiet --filter FullyQualifiedName~FuzzTests --logger "console;verbosity=detailed"

demo:
	scripts/demo.sh

bench: out/ktap
	bench/run.sh

install: out/ktap
	install -D -m 755 out/ktap "$(DESTDIR)$(PREFIX)/bin/ktap"

clean:
	rm -rf artifacts out
