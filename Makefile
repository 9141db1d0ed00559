# What a person can ask for; `make` alone lists it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

MACHINE := $(shell uname -m)
ifneq ($(filter $(MACHINE),aarch64 arm64),)
NODE_ARCH := arm64
BPF_ARCH := arm64
else
NODE_ARCH := x64
BPF_ARCH := x86
endif

# The pinned runtime. The machine's own node only starts npm.
NODE_DIR := node_modules/node-linux-$(NODE_ARCH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
RUN := node_modules/.bin/node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON

CLANG ?= clang
LLVM_STRIP ?= llvm-strip
# asm/types.h lies in the multiarch folder, which clang does not search for this target.
BPF_CFLAGS := -idirafter /usr/include/$(shell gcc -print-multiarch 2>/dev/null) -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wextra \
	-Wno-unused-parameter -Wno-sign-compare -Werror

PREFIX ?= /usr/local
SYSTEMD_DIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib/systemd/system,/etc/systemd/system)
SYSUSERS_DIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib/sysusers.d,/etc/sysusers.d)

BPF_OBJECTS := $(patsubst bpf/%.bpf.c,build/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
ADDON := build/Release/bpf_native.node
ADDON_SOURCES := binding.gyp $(shell find native -name '*.cc' -o -name '*.h' -o -name '*.c' -o -name '*.sh')
BUNDLE_SOURCES := $(shell find $(wildcard src native proto) -name '*.ts' -o -name '*.proto' -o -name '*.html' -o -name '*.css')
RULES := $(shell find rules -type f)
CODEC := build/proto/messages.cjs

.PHONY: help setup build check test test-all run bench dist readme clean install uninstall FORCE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Install what this machine lacks to build (apt, npm)
	@sh scripts/setup.sh build

build: $(BPF_OBJECTS) $(ADDON) $(CODEC) build/sentinel.cjs ## Compile kernel programs, addon and bundle

check: setup $(CODEC) ## Format, lint, types, layers, dead code
	@sh scripts/setup.sh check
	@$(RUN) scripts/check.ts

test: build dist ## Run all tests that need only Debian packages and npm
	@sh scripts/setup.sh test
	@$(RUN) scripts/test.ts

test-all: build dist ## Run the tests, also those on other kernels
	@sh scripts/setup.sh test
	@$(RUN) scripts/test.ts --all

run: ## Set up, build and watch this host
	@sh scripts/run.sh

bench: build dist ## Time it, against the alternatives
	@sh scripts/setup.sh bench
	@$(RUN) test/bench/run.ts $(BENCH)

dist: dist/sentinel ## Make the one executable, dist/sentinel

readme: setup $(CODEC) ## Write the tables of options into the README
	@$(RUN) scripts/readme-options.ts --write

clean: ## Remove what was built
	rm -rf build dist

install: ## Install executable, rules and service (DESTDIR, PREFIX)
	@test -x dist/sentinel || { echo 'install: no dist/sentinel; run: make dist' >&2; exit 1; }
	install -D -m 0755 dist/sentinel '$(DESTDIR)$(PREFIX)/bin/sentinel'
	install -d '$(DESTDIR)$(PREFIX)/share/sentinel'
	cp -r rules '$(DESTDIR)$(PREFIX)/share/sentinel/'
	install -D -m 0644 build/THIRD_PARTY.txt '$(DESTDIR)$(PREFIX)/share/doc/sentinel/THIRD_PARTY.txt'
	install -D -m 0644 LICENSE '$(DESTDIR)$(PREFIX)/share/doc/sentinel/LICENSE'
	install -D -m 0644 deploy/systemd/sentinel.sysusers '$(DESTDIR)$(SYSUSERS_DIR)/sentinel.conf'
	install -d '$(DESTDIR)$(SYSTEMD_DIR)'
	sed 's|@PREFIX@|$(PREFIX)|g' deploy/systemd/sentinel.service > '$(DESTDIR)$(SYSTEMD_DIR)/sentinel.service'
	@test -e '$(DESTDIR)/etc/sentinel/sentinel.yaml' || \
		install -D -m 0644 deploy/systemd/sentinel.yaml '$(DESTDIR)/etc/sentinel/sentinel.yaml'
	@if [ -z '$(DESTDIR)' ]; then systemd-sysusers '$(SYSUSERS_DIR)/sentinel.conf'; fi
	@if [ -z '$(DESTDIR)' ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo 'installed; start it with: systemctl enable --now sentinel'

uninstall: ## Remove what install put there (keeps logs, settings)
	@if [ -z '$(DESTDIR)' ] && [ -d /run/systemd/system ]; then systemctl disable --now sentinel || :; fi
	rm -f '$(DESTDIR)$(PREFIX)/bin/sentinel' '$(DESTDIR)$(SYSTEMD_DIR)/sentinel.service' \
		'$(DESTDIR)$(SYSUSERS_DIR)/sentinel.conf'
	rm -rf '$(DESTDIR)$(PREFIX)/share/sentinel' '$(DESTDIR)$(PREFIX)/share/doc/sentinel'
	@if [ -z '$(DESTDIR)' ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

build/bpf/%.bpf.o: bpf/%.bpf.c Makefile | setup
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.bpf.o=.d) -MT $@ -c $< -o $@.full
	@$(LLVM_STRIP) -g $@.full -o $@
	@rm $@.full

-include $(wildcard build/bpf/*.d)

$(ADDON): $(ADDON_SOURCES) package-lock.json | setup
	@mkdir -p build
	@echo 'node-gyp (log: build/addon.log)'
	@$(RUN) node_modules/node-gyp/bin/node-gyp.js configure build --jobs max --nodedir='$(CURDIR)/$(NODE_DIR)' \
		>build/addon.log 2>&1 || { tail -n 40 build/addon.log >&2; exit 1; }
	@touch $@

# Rewritten only when version, commit or libbpf changed, so that the bundle is current and no more.
build/build-info.json: FORCE | setup
	@$(RUN) scripts/build-info.ts $@

$(CODEC): $(shell find proto -name '*.proto') scripts/make-proto.ts package-lock.json | setup
	@$(RUN) scripts/make-proto.ts

build/sentinel.cjs: $(BUNDLE_SOURCES) $(CODEC) package-lock.json scripts/bundle.ts scripts/third-party.ts build/build-info.json | setup
	@$(RUN) scripts/bundle.ts

dist/sentinel: build/sentinel.cjs $(BPF_OBJECTS) $(ADDON) $(RULES) scripts/dist.ts scripts/verify-dist.ts
	@$(RUN) scripts/dist.ts
