# mlp -- see README.md.  `make` builds, `make demo` shows, `make check` proves.
VERSION  = 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CONFIG  ?= release
B        = build/$(CONFIG)
V       ?= 0

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 \
	   -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wpointer-arith $(if $(WERROR),-Werror)
HARDEN   = -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
HARDENLD = -pie -Wl,-z,relro,-z,now -Wl,--as-needed
# SAN=address,undefined: another set of objects, in build/san
ifneq ($(SAN),)
CONFIG   = san
CFLAGS   = -O1 -g
HARDEN   = -fPIE -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
HARDENLD = -pie -fsanitize=$(SAN) -Wl,--as-needed
endif
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS) -include src/base/banned.h -Isrc -Iinclude \
	     -DMLP_VERSION='"$(VERSION)"' -DMLP_LIBEXEC_DEFAULT='"$(PREFIX)/libexec/mlp"' \
	     -fvisibility=hidden -MMD -MP

silent   = $(findstring s,$(firstword -$(MAKEFLAGS)))
quiet    = $(if $(filter 0,$(V)),@$(if $(silent),,echo '  $(1)  $(patsubst build/%,%,$@)';))
pkg_libs = $(shell pkg-config --libs $(1))

# mlp itself may need libyaml, cJSON, SQLite and libc only (tests/lint.t looks).
LIB_DIRS = base manifest source plan track run flow
LIB_SRC  = $(foreach d,$(LIB_DIRS),$(wildcard src/$(d)/*.c))
CLI_SRC  = $(wildcard src/cli/*.c)
GIT_SRC  = $(wildcard src/git/*.c)
UNIT_SRC = $(wildcard tests/unit/test_*.c)
FUZZ_SRC = $(wildcard tests/fuzz/fuzz_*.c)
obj      = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB_LIBS = $(call pkg_libs,yaml-0.1 libcjson sqlite3) -lm
GIT_LIBS = $(call pkg_libs,libgit2 libcjson) -lm

MLP      = $(B)/bin/mlp
MLP_GIT  = $(B)/libexec/mlp-git
LIBA     = $(B)/libmlp-internal.a
UNITS    = $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))
REPLAYS  = $(patsubst tests/fuzz/fuzz_%.c,$(B)/tests/replay_%,$(FUZZ_SRC))
FUZZERS  = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
LINK     = $(CC) $(CFLAGS) $(HARDENLD) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

# What has to be there first; nothing happens when it is.
all: need-build
	@$(MAKE) --no-print-directory build

build: $(MLP) $(MLP_GIT)
	@:

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC ) $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBA): $(call obj,$(LIB_SRC))
	@rm -f $@
	$(call quiet,AR ) $(AR) rcs $@ $^

$(MLP): $(call obj,$(CLI_SRC)) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(LIB_LIBS)

$(MLP_GIT): $(call obj,$(GIT_SRC)) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(GIT_LIBS)

$(B)/tests/test_%: $(B)/obj/tests/unit/test_%.o $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(LIB_LIBS) $(call pkg_libs,cmocka)

$(B)/tests/replay_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/standalone.o $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(LIB_LIBS)

$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) -fsanitize=fuzzer $(LIB_LIBS)

$(B)/tests/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	$(call quiet,CC ) $(CC) $(ALL_CFLAGS) -o $@ $<

units: $(UNITS) $(REPLAYS)
fuzzers: $(FUZZERS)

need-%:
	@tests/need.sh $*

demo: need-demo
	@$(MAKE) --no-print-directory build
	@examples/demo.sh $(MLP)

check: need-check
	@tests/run.sh quick

check-full: need-check
	@tests/run.sh full

asan: need-check
	@$(MAKE) --no-print-directory SAN=address,undefined build units

# FUZZ_SECONDS each
fuzz: need-check
	@tests/fuzz.sh

lint: need-check
	@$(MAKE) --no-print-directory build
	@prove -v tests/lint.t

fmt: need-check
	@git ls-files '*.c' '*.h' | xargs clang-format -i

bench: need-bench
	@$(MAKE) --no-print-directory build $(B)/tests/measure
	@tests/bench/run.sh $(B)/tests/measure $(MLP)

MAN1 = $(wildcard man/*.1)
MAN5 = $(wildcard man/*.5)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/mlp \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(MLP) $(DESTDIR)$(PREFIX)/bin/mlp
	install -m 755 $(MLP_GIT) $(DESTDIR)$(PREFIX)/libexec/mlp/mlp-git
	install -m 644 $(MAN1) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN5) $(DESTDIR)$(PREFIX)/share/man/man5

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mlp $(DESTDIR)$(PREFIX)/libexec/mlp/mlp-git
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man1/,$(notdir $(MAN1)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man5/,$(notdir $(MAN5)))
	-rmdir $(DESTDIR)$(PREFIX)/libexec/mlp

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all build units fuzzers demo check check-full asan fuzz lint fmt bench install \
	uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:
