# aclc: one Makefile, not recursive. `make help` lists the targets.
#
# KIND is how the objects are made: release, debug, asan, cover, static, fuzz.
# Each kind lies in a folder of its own under build/.
KIND     = release
BUILD    = build/$(KIND)
CC       = cc
PREFIX   = /usr/local
DESTDIR  =

STD      = -std=c11 -D_POSIX_C_SOURCE=200809L -I. -I$(BUILD)/cli
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wold-style-definition -Wvla -Wwrite-strings \
           -Wpointer-arith -Wcast-qual -Wcast-align -Wformat=2 -Wundef \
           -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference \
           -Wconversion $(if $(CI),-Werror)
HARDEN   = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
           $(if $(LINUX),-fstack-clash-protection)
# What is bound is bound at the start, and not to be written to after it.
RELRO    = $(if $(LINUX),-Wl$(,)-z$(,)relro$(,)-z$(,)now$(,)-z$(,)noexecstack)
LINUX   := $(filter Linux,$(shell uname -s))
,        = ,
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

release  = -O2 $(HARDEN) -fPIE
static   = -O2 $(HARDEN)
debug    = -Og -g
asan     = -O1 -g $(SANITIZE) -fno-omit-frame-pointer -DARENA_APART
cover    = -O0 -g --coverage
fuzz     = -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
           -fno-sanitize-coverage=stack-depth \
           -fno-sanitize-recover=all -DARENA_APART
# What a library writes that is not built so is taken for unwritten: of those here,
# jansson does, which only cli/ and one test ask.
msan     = -O1 -g -fsanitize=memory -fno-sanitize-recover=all \
           -fno-omit-frame-pointer -DARENA_APART -DWITHOUT_JANSSON
LDFLAGS_msan    = -fsanitize=memory
LDFLAGS_release = -pie $(RELRO)
LDFLAGS_static  = -static
LDFLAGS_asan    = $(SANITIZE)
LDFLAGS_cover   = --coverage
LDFLAGS_fuzz    = -fsanitize=address,undefined

# CFLAGS, CPPFLAGS and LDFLAGS are a packager's to add.
COMPILE  = $(CC) $(STD) $(WARN) $($(KIND)) $(CPPFLAGS) $(CFLAGS)
LINK     = $(CC) $($(KIND)) $(CFLAGS) $(LDFLAGS_$(KIND)) $(LDFLAGS)
LIBS     = -ljansson -lpcre2-8

# A short line for each step; V=1 shows the commands.
Q        = $(if $(V),,@)
say      = $(if $(V),,@echo '  $(1)')

sources  = $(filter-out %_test.c %_fuzz.c, $(wildcard $(1)/*.c))
objects  = $(patsubst %.c, $(BUILD)/%.o, $(1))
GRAMMAR  = $(call objects, $(call sources, grammar))
POLICY   = $(call objects, $(call sources, policy))
CLI      = $(call objects, $(call sources, cli))
TESTS    = $(patsubst %.c, $(BUILD)/%, $(wildcard grammar/*_test.c \
             policy/*_test.c cli/*_test.c))
FUZZERS  = $(patsubst %.c, $(BUILD)/%, $(wildcard grammar/*_fuzz.c \
             policy/*_fuzz.c cli/*_fuzz.c))
C_FILES  = $(wildcard grammar/*.[ch] policy/*.[ch] cli/*.[ch])

# Once what is missing is there, or with another KIND.
AGAIN    = $(MAKE) --no-print-directory -s

all: aclc ## build ./aclc

aclc: $(BUILD)/aclc
	@cp -f $< $@

$(BUILD)/aclc: $(GRAMMAR) $(POLICY) $(CLI)
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# A grammar test links the grammar alone: a call upward is a link error.
$(BUILD)/grammar/%_test: $(BUILD)/grammar/%_test.o $(GRAMMAR)
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/policy/%_test: $(BUILD)/policy/%_test.o $(GRAMMAR) $(POLICY)
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) -lcmocka

# A test has a main of its own.
$(BUILD)/cli/%_test: $(BUILD)/cli/%_test.o $(GRAMMAR) $(POLICY) \
                     $(filter-out %/main.o, $(CLI)) $(BUILD)/cli/main.tested.o
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/cli/main.tested.o: cli/main.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(COMPILE) -Dmain=aclc_main -Wno-missing-prototypes -MMD -MP -c -o $@ $<

# Without clang's fuzzer, files are given to its target one by one.
FUZZER   = $(if $(filter fuzz, $(KIND)),,$(BUILD)/testdata/fuzz/replay.o)

$(BUILD)/%_fuzz: $(BUILD)/%_fuzz.o $(GRAMMAR) $(POLICY) $(FUZZER)
	$(call say,LINK $@)
	$(Q)$(LINK) $(if $(FUZZER),,-fsanitize=fuzzer) -o $@ $^ $(LIBS)

$(BUILD)/cli/%_fuzz: $(BUILD)/cli/%_fuzz.o $(GRAMMAR) $(POLICY) \
                     $(filter-out %/main.o, $(CLI)) $(BUILD)/cli/main.tested.o $(FUZZER)
	$(call say,LINK $@)
	$(Q)$(LINK) $(if $(FUZZER),,-fsanitize=fuzzer) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# The entries of aclc-checks.7, for aclc lint --why.
$(BUILD)/cli/pages.inc: man/aclc-checks.7 man/pages.awk
	@mkdir -p $(@D)
	awk -f man/pages.awk man/aclc-checks.7 > $@

$(BUILD)/cli/report.o: $(BUILD)/cli/pages.inc

# Objects made with other flags are made again.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@

# Preloaded by .ci/faults.
$(BUILD)/faults.so: testdata/faults/faults.c
	@mkdir -p $(@D)
	$(call say,LINK $@)
	$(Q)$(CC) -std=c11 $(WARN) -O1 -shared -fPIC -o $@ $< -ldl

units: $(TESTS) ## build and run the unit tests
	@.ci/check BUILD=$(BUILD) units

deps: ## install what is missing to build and test
	@.ci/deps build check

demo: ## install what is missing, build, and show what aclc does
	@.ci/deps build
	@+$(AGAIN) all
	@testdata/demo/run ./aclc

check: ## install what is missing, build, and run all tests
	@.ci/deps build check
	@+$(AGAIN) all $(TESTS) $(BUILD)/faults.so
	@.ci/check BUILD=$(BUILD) units goldens properties same terminal git faults \
	  layers pages

asan: ## the tests again under the address and undefined sanitizers
	@.ci/deps build check
	@+$(AGAIN) KIND=asan tests fuzzers
	@.ci/check BUILD=build/asan units goldens properties terminal seeds

INNER = $(filter $(BUILD)/grammar/% $(BUILD)/policy/%, $(TESTS))

inner: $(INNER)

msan: ## the unit tests of grammar/ and policy/ under clang's memory sanitizer
	@.ci/deps build check clang
	@+$(AGAIN) KIND=msan CC=clang inner
	@.ci/check BUILD=build/msan inner

valgrind: ## the tests again under valgrind
	@.ci/deps build check valgrind
	@+$(AGAIN) KIND=debug tests
	@WRAP='valgrind -q --error-exitcode=9 --leak-check=full' \
	  ACLC_POLICIES=500 ACLC_WORLDS=100 \
	  .ci/check BUILD=build/debug units goldens

SAME = gcc-O0 gcc-O3 clang-O0 clang-O3

same: ## the same bytes as built by gcc and clang, with -O0 and -O3
	@.ci/deps build clang
	@+for way in $(SAME); do \
	  $(AGAIN) BUILD=build/same/$$way CC=$${way%-*} WARN=-w \
	    release="-$${way#*-} -fPIE" build/same/$$way/aclc || exit 1; done
	@ACLC=build/same/gcc-O0/aclc .ci/same $(SAME:%=build/same/%/aclc)

tests: $(BUILD)/aclc $(TESTS)

fuzz: ## a minute (TIME=60) for each fuzzer, or those in NAMES; SEED=1: the same again
	@.ci/deps build fuzz
	@+$(AGAIN) KIND=fuzz CC=clang fuzzers
	@TIME=$(TIME) SEED=$(SEED) .ci/fuzz build/fuzz $(NAMES)

fuzzers: $(FUZZERS)

static: ## a program without shared libraries, at build/static/aclc
	@+$(AGAIN) KIND=static build/static/aclc

# target.def asks which of its macros are defined: cppcheck need not guess.
CPPCHECK = -UTARGET -UFEATURE -UFACT

# One file at a time: clang-tidy 14 mixes their va_lists up. That a failed assertion of
# cmocka does not return, no analyzer knows.
tidy: $(BUILD)/cli/pages.inc ## format, clang-tidy, cppcheck, gcc -fanalyzer
	@.ci/deps build tidy
	clang-format --dry-run -Werror $(C_FILES)
	for c in $(filter %.c, $(C_FILES)); do \
	  case $$c in \
	  *_test.c) less=-clang-analyzer-core*,-clang-analyzer-unix.Malloc ;; \
	  *) less= ;; esac; \
	  clang-tidy --quiet --checks="$$less" $$c -- $(STD) || exit 1; done
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
	  --enable=warning,performance,portability -I. $(CPPCHECK) \
	  --suppress=missingIncludeSystem $(filter %.c, $(C_FILES))
	for c in $(filter-out %_fuzz.c %_test.c, $(filter %.c, $(C_FILES))); do \
	  gcc $(STD) -O1 -fanalyzer -Werror -c -o /dev/null $$c || exit 1; done

cover: ## coverage of the tests: lines and branches of each file and folder
	@.ci/deps build check
	@+$(AGAIN) KIND=cover CC=gcc tests
	@ACLC_POLICIES=5000 ACLC_WORLDS=400 .ci/check BUILD=build/cover units goldens properties
	@.ci/cover build/cover

mutate: ## are the tests awake? changes in FILES, or N of them drawn
	@.ci/deps build check
	@.ci/mutate $(if $(N),-n $(N)) $(FILES)

sizes: ## work and memory are in proportion to the input, by counting
	@.ci/deps build valgrind
	@+$(AGAIN) all $(BUILD)/faults.so
	@.ci/check BUILD=$(BUILD) sizes

BENCH = $(BUILD)/bench/generate $(BUILD)/bench/measure

bench: $(BUILD)/aclc $(BENCH) ## the benchmarks (ROWS="tree lint": only some)
	@$(MAKE) --no-print-directory KIND=static BUILD=build/static \
	  build/static/aclc >/dev/null 2>&1 || \
	  echo 'no static libraries here: no static program'
	@testdata/bench/run $(BUILD) $(ROWS)

$(BUILD)/bench/%: $(BUILD)/testdata/bench/%.o $(GRAMMAR) $(POLICY)
	@mkdir -p $(@D)
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

install: all ## PREFIX, DESTDIR: the program, its pages, completions
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 aclc $(DESTDIR)$(PREFIX)/bin/aclc
	for page in man/*.[157]; do \
	  dir=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
	  install -d $$dir && install -m 644 $$page $$dir || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	./aclc completion bash > \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/aclc
	./aclc completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_aclc
	./aclc completion fish > \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/aclc.fish

clean: ## remove what was built
	rm -rf build aclc

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile | expand -t 12

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

.PHONY: all units deps demo check asan inner msan valgrind same tests fuzz fuzzers static tidy \
        cover mutate sizes bench install clean help FORCE
.SECONDARY:
