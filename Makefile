# The front door. Each target sets up what it needs (scripts/setup) and then calls CMake or a script.

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
# WERROR=ON makes warnings in Weft's own sources errors.
WERROR ?= OFF

configure = cmake --preset $(1) -DWEFT_WERROR=$(WERROR) $(2) >build/$(1).log 2>&1 || \
	{ cat build/$(1).log; exit 1; }
compile = cmake --build --preset $(1) -j $(JOBS)

.PHONY: help run test bench build install clean format

help:
	@echo "make run      build, then run the key-value server beside redis-server"
	@echo "make test     build and run all tests"
	@echo "make bench    build, then run all benches; JSON in build/bench"
	@echo "make build    programs in build/bin, libraries in build/lib"
	@echo "make install  PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)"
	@echo "make format   rewrite all C files as .clang-format says"
	@echo "make clean    remove build/"

# The sets of packages that `build` looks for; run and bench add theirs before it is built.
SETS = build

run: SETS = build run
run: build
	scripts/run-kv

# Tests are configured into build/release by `make test` alone, so building needs no test library.
build:
	@scripts/setup $(SETS)
	@mkdir -p build
	@$(call configure,release,$(if $(wildcard build/release/CMakeCache.txt),,-DWEFT_BUILD_TESTS=OFF))
	$(call compile,release) --target programs

# The checks of the tree itself are the same in every build; they run once.
test:
	@scripts/setup build test
	@mkdir -p build
	@$(call configure,debug)
	@$(call configure,release,-DWEFT_BUILD_TESTS=ON)
	$(call compile,debug)
	$(call compile,release)
	ctest --preset debug -j $(JOBS) --label-exclude house
	ctest --preset release -j $(JOBS)

bench: SETS = build bench
bench: build
	@mkdir -p build/bench
	@set -e; for bench in build/bin/bench-*; do \
		$$bench --json build/bench/$${bench##*/bench-}.json; \
	done

install:
	@scripts/setup build
	@mkdir -p build
	@$(call configure,install,-DCMAKE_INSTALL_PREFIX=$(PREFIX))
	$(call compile,install)
	DESTDIR=$(DESTDIR) cmake --install build/install

clean:
	rm -rf build

format:
	@scripts/setup test
	scripts/format
