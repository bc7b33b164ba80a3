# make test    every check that a change must pass; installs the servers and the browser that tests need, if it may
# make policy  only the rules of the repository, which internal/policy tests
# make e2e     only the tests against real servers
# make arch    only the unit tests, on linux/386, and on linux/arm64 if qemu is installed
# make fuzz    only the fuzz targets, ten seconds each
# make bench   the measurements of bench/, at full length, with their limits
# make ports   builds the library for other systems that Go supports
# make ci      test and ports

GO          ?= go
RACE        ?= -race
FUZZTIME    ?= 10s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS   := linux-amd64 linux-arm64 linux-386 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64
PORTS       := freebsd-amd64 openbsd-amd64 netbsd-amd64 solaris-amd64 aix-ppc64 js-wasm wasip1-wasm plan9-amd64
LIBRARY     := ./monkit ./environment ./present ./collect ./reporters/... ./tracing/... ./monkittest

# Each of these folders is a module, so that its requirements do not become
# requirements of the main module.
MODULES     := bench browser compat interop scripts cmd/monkitvet

export PATH := $(CURDIR)/.cache/bin:$(PATH)

.PHONY: test policy vet staticcheck servers e2e bench fuzz arch ports ci

# Cheap checks come first. Benchmarks run once, so that they keep working.
# internal/policy runs once, in the target policy.
test: servers policy vet staticcheck arch fuzz
	$(GO) test $(RACE) -bench . -benchtime 1x $(filter-out %/internal/policy,$(shell $(GO) list ./...))
	for m in $(MODULES); do (cd $$m && $(GO) test $(RACE) -bench . -benchtime 1x ./...) || exit; done

# Formatting, size, imports, words, docs, README and go.mod.
policy:
	$(GO) test ./internal/policy

vet: $(PLATFORMS:%=vet-%)
	for m in $(MODULES); do (cd $$m && $(GO) vet ./...) || exit; done

vet-%:
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) $(GO) vet ./...

staticcheck:
	$(GO) run $(STATICCHECK) ./...
	for m in $(MODULES); do (cd $$m && $(GO) run $(STATICCHECK) ./...) || exit; done

servers:
	.ci/servers

e2e: servers
	$(GO) test $(RACE) -count 1 ./e2e/...

bench: servers
	.ci/bench

fuzz:
	.ci/fuzz $(FUZZTIME)

# All packages except for those that test the repository or need servers.
UNITS = $(filter-out %/policy %/e2e,$(shell $(GO) list ./... | grep -v /e2e/))
QEMU  = $(shell command -v qemu-aarch64-static || command -v qemu-aarch64)

arch:
	CGO_ENABLED=0 GOARCH=386 $(GO) test $(UNITS)
	cd scripts && CGO_ENABLED=0 GOARCH=386 $(GO) test ./...
	@if [ -z "$(QEMU)" ]; then echo "arch: qemu-aarch64 is not installed; arm64 is skipped"; fi
	if [ -n "$(QEMU)" ]; then CGO_ENABLED=0 GOARCH=arm64 $(GO) test -exec $(QEMU) ./monkit ./collect ./reporters/... ./tracing; fi

ports: $(PORTS:%=port-%)

port-%:
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) $(GO) build $(LIBRARY)

ci: test ports
