# Twofold. `make help` lists the targets. On a bare Debian 12 or 13:
#   apt-get install -y make && make run      the demo on http://localhost:8080 (PORT= overrides)
#   make test                                everything that can fail
# config=debug|release|sanitize|tsan|coverage|fuzz picks a CMake preset; each has its own build folder.
config ?= release
PORT ?= 8080
BUILD := build/$(config)
JOBS := $(shell nproc 2>/dev/null || echo 2)
export CCACHE_SLOPPINESS := pch_defines,time_macros

# Only what feeds a target makes it stale.
WASM_SOURCES := $(wildcard shared/*.cpp shared/*.hpp wasm/*.cpp wasm/*.hpp wasm/*.sed wasm/build.sh)
ELEMENT_SOURCES := $(shell find wasm/src wasm/locales wasm/tools -type f 2>/dev/null) wasm/package.json
WEB_SOURCES := $(shell find web/src web/locales web/demo web/desk web/public -type f 2>/dev/null) \
	$(wildcard web/*.html web/*.ts web/package.json)

.DEFAULT_GOAL := help
.PHONY: help run build test check wasm web server e2e bench fuzz size soak format lint clean \
	packages packages-test packages-bench packages-lint packages-fuzz sources

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22
	@echo "  config=release (default), debug, sanitize, tsan, coverage, fuzz"

run: build ## build what is missing and start the demo on http://localhost:8080 (PORT= overrides)
	@mkdir -p build/demo
	@TWOFOLD_LISTEN=127.0.0.1:$(PORT) TWOFOLD_PUBLIC_URL=http://localhost:$(PORT) \
	TWOFOLD_DATA_DIR=build/demo \
	exec $(BUILD)/twofold serve --demo

build: server wasm web ## the server, the wasm module and the Client Area

packages:
	@tools/install_packages.sh build web
packages-test:
	@tools/install_packages.sh build web test
packages-bench:
	@tools/install_packages.sh build web test bench
packages-lint:
	@tools/install_packages.sh build web lint
packages-fuzz: packages-test
	@tools/install_packages.sh fuzz
sources: packages
	@tools/fetch_sources.sh

$(BUILD)/build.ninja: CMakeLists.txt CMakePresets.json $(wildcard */CMakeLists.txt */*/CMakeLists.txt) | sources
	@cmake --preset $(config) > build/cmake-$(config).log 2>&1 || { cat build/cmake-$(config).log; exit 1; }
	@touch $@

server: sources $(BUILD)/build.ninja ## the server alone: build/release/twofold
	@cmake --build $(BUILD) --target twofold -j $(JOBS)

wasm: packages sources build/wasm/twofold_core.wasm wasm/dist/index.js ## the core as WebAssembly and the npm package
build/wasm/twofold_core.wasm: $(WASM_SOURCES) | sources
	@wasm/build.sh
wasm/node_modules/.package-lock.json: wasm/package.json wasm/package-lock.json | packages
	@cd wasm && npm ci --no-fund --no-audit --loglevel=error && touch node_modules/.package-lock.json
wasm/dist/index.js: build/wasm/twofold_core.wasm $(ELEMENT_SOURCES) wasm/node_modules/.package-lock.json
	@cd wasm && npm run --silent build && touch dist/index.js

web: wasm build/web/index.html ## the Client Area: build/web
web/node_modules/.package-lock.json: web/package.json web/package-lock.json wasm/package.json | packages
	@cd web && npm ci --no-fund --no-audit --loglevel=error && touch node_modules/.package-lock.json
build/web/index.html: wasm/dist/index.js $(WEB_SOURCES) web/node_modules/.package-lock.json
	@cd web && npm run --silent build && touch ../build/web/index.html

tests/browser/node_modules/.package-lock.json: tests/browser/package.json tests/browser/package-lock.json | packages-test
	@cd tests/browser && npm ci --no-fund --no-audit --loglevel=error && touch node_modules/.package-lock.json
tests/bench/node_modules/.package-lock.json: tests/bench/package.json tests/bench/package-lock.json | packages-bench
	@cd tests/bench && npm ci --no-fund --no-audit --loglevel=error && touch node_modules/.package-lock.json

tests/support/node_modules/.package-lock.json: tests/support/package.json tests/support/package-lock.json | packages-test
	@cd tests/support && npm ci --no-fund --no-audit --loglevel=error && touch node_modules/.package-lock.json

TEST_MODULES := tests/browser/node_modules/.package-lock.json tests/support/node_modules/.package-lock.json

test: packages-test build $(TEST_MODULES) ## every test
	@cmake --build $(BUILD) -j $(JOBS)
	@BUILD=$(BUILD) tests/run.sh rooms units wasm web api faults browser

check: packages-test server wasm ## the quick ones: rooms, units, contract
	@cmake --build $(BUILD) -j $(JOBS)
	@BUILD=$(BUILD) tests/run.sh rooms units

e2e: packages-test build $(TEST_MODULES) ## API and browser tests only
	@BUILD=$(BUILD) tests/run.sh api browser

soak: packages-test server tests/support/node_modules/.package-lock.json ## hours of faults: 500 x kill -9 on each database, then memory and descriptors
	@cmake --build $(BUILD) -j $(JOBS)
	@BUILD=$(BUILD) tests/run.sh soak

bench: packages-bench build tests/bench/node_modules/.package-lock.json ## figures against peers: build/bench/*.json and a table
	@cmake --build $(BUILD) -j $(JOBS)
	@BUILD=$(BUILD) tests/bench/run.sh

FUZZ_SECONDS ?= 60
fuzz: packages-fuzz sources ## libFuzzer under ASan and UBSan, FUZZ_SECONDS=60 a target; finds stay in build/fuzz/found
	@cmake --preset fuzz > build/cmake-fuzz.log 2>&1 || { cat build/cmake-fuzz.log; exit 1; }
	@cmake --build build/fuzz --target fuzzers -j $(JOBS)
	@tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS)

size: wasm tests/bench/node_modules/.package-lock.json ## wasm and loader, brotli 11
	@node tests/bench/size.mjs

format: packages-lint ## rewrite C++ the house's way
	@clang-format -i $$(git ls-files '*.cpp' '*.hpp')

lint: packages-lint server ## formatting, clang-tidy, warnings as errors, types
	@clang-format --dry-run --Werror $$(git ls-files '*.cpp' '*.hpp')
	@tools/lint.sh $(BUILD)

clean: ## remove every build folder (fetched sources and npm packages too)
	rm -rf build wasm/dist wasm/node_modules web/node_modules tests/browser/node_modules tests/bench/node_modules
