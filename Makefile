# aclc: one Makefile, not recursive. `make help` lists the targets.
KIND    = release
BUILD   = build/$(KIND)
CC      = cc
STD     = -std=c11 -D_POSIX_C_SOURCE=200809L -I.
WARN    = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
          -Wvla -Wwrite-strings -Wpointer-arith -Wcast-qual -Wcast-align -Wformat=2 -Wundef -Wswitch-enum \
          -Wimplicit-fallthrough -Wnull-dereference -Wconversion
release = -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
debug   = -O0 -g
asan    = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DARENA_APART
CFLAGS  = $($(KIND))
LDFLAGS_release = -pie
LDFLAGS_asan    = -fsanitize=address,undefined
LDFLAGS = $(LDFLAGS_$(KIND))
LIBS    = -ljansson -lpcre2-8

GRAMMAR = $(filter-out %_test.c %_fuzz.c, $(wildcard grammar/*.c))
POLICY  = $(filter-out %_test.c %_fuzz.c, $(wildcard policy/*.c))
CLI     = $(filter-out %_test.c %_fuzz.c, $(wildcard cli/*.c))
TESTS   = $(wildcard grammar/*_test.c policy/*_test.c cli/*_test.c)
obj     = $(patsubst %.c, $(BUILD)/%.o, $(1))

all: aclc

aclc: $(BUILD)/aclc
	ln -sf $< $@

$(BUILD)/aclc: $(call obj, $(GRAMMAR) $(POLICY) $(CLI))
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# A grammar test links the grammar alone: a call upward is a link error.
$(BUILD)/grammar/%_test: $(BUILD)/grammar/%_test.o $(call obj, $(GRAMMAR))
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/policy/%_test: $(BUILD)/policy/%_test.o $(call obj, $(GRAMMAR) $(POLICY))
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

units: $(patsubst %.c, $(BUILD)/%, $(TESTS))
	@for t in $^; do $$t || exit 1; done

clean:
	rm -rf build aclc

-include $(wildcard $(BUILD)/*/*.d)

.PHONY: all units clean
.SECONDARY:
