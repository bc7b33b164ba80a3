# make test   what a change must pass; installs the servers that e2e/ talks to where it may
# make e2e    only the tests against real servers
# make bench  the measurements of bench/, at full length, with their limits
# make fuzz   ten seconds of every fuzz target
# make arch   the unit tests on linux/386, and on linux/arm64 where qemu can run them
# make ports  that the library builds for whatever else Go runs on
# make ci     test, fuzz, ports and staticcheck

GO          ?= go
RACE        ?= -race
FUZZTIME    ?= 10s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS   := linux-amd64 linux-arm64 linux-386 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64
PORTS       := freebsd-amd64 openbsd-amd64 netbsd-amd64 solaris-amd64 aix-ppc64 js-wasm wasip1-wasm plan9-amd64
LIBRARY     := ./monkit ./environment ./present ./collect ./reporters/... ./tracing/... ./monkittest

# Modules of their own, so that what they need never enters ours.
MODULES     := bench compat interop

export PATH := $(CURDIR)/.cache/bin:$(PATH)

.PHONY: test policy vet servers e2e bench fuzz arch ports staticcheck ci

# The cheap checks come first. Everything runs once with benchmarks, so that none of them rots.
test: servers policy vet arch
	$(GO) test $(RACE) -bench . -benchtime 1x ./...
	for m in $(MODULES); do (cd $$m && $(GO) test $(RACE) -bench . -benchtime 1x ./...) || exit; done

# Formatting, size, imports, docs, README and go.mod: see internal/policy.
policy:
	$(GO) test ./internal/policy

vet: $(PLATFORMS:%=vet-%)
	for m in $(MODULES); do (cd $$m && $(GO) vet ./...) || exit; done

vet-%:
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) $(GO) vet ./...

servers:
	.ci/servers

e2e: servers
	$(GO) test $(RACE) -count 1 ./e2e/...

bench: servers
	.ci/bench

fuzz:
	.ci/fuzz $(FUZZTIME)

# What needs no C compiler, no other servers and no other Go command.
UNITS = $(filter-out %/policy %/e2e,$(shell $(GO) list ./... | grep -v /e2e/))
QEMU  = $(shell command -v qemu-aarch64-static || command -v qemu-aarch64)

arch:
	CGO_ENABLED=0 GOARCH=386 $(GO) test $(UNITS)
	@if [ -z "$(QEMU)" ]; then echo "arch: qemu-aarch64 is not installed; arm64 is skipped"; fi
	if [ -n "$(QEMU)" ]; then CGO_ENABLED=0 GOARCH=arm64 $(GO) test -exec $(QEMU) ./monkit ./collect ./reporters/... ./tracing; fi

ports: $(PORTS:%=port-%)

port-%:
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) $(GO) build $(LIBRARY)

staticcheck:
	$(GO) run $(STATICCHECK) ./...
	for m in $(MODULES); do (cd $$m && $(GO) run $(STATICCHECK) ./...) || exit; done

ci: test fuzz ports staticcheck
