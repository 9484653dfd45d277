# mlp -- see README.md.  `make` builds, `make demo` shows, `make check` proves.
VERSION  = 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CONFIG  ?= release
B        = build/$(CONFIG)
V       ?= 0

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 \
	   -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wpointer-arith
HARDEN   = -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
HARDENLD = -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifneq ($(SAN),)
CONFIG  := san
HARDEN   = -fPIE -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
HARDENLD = -pie -fsanitize=$(SAN) -Wl,--as-needed
endif
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS) -include src/base/banned.h -Isrc -Iinclude \
	     -DMLP_VERSION='"$(VERSION)"' -fvisibility=hidden -MMD -MP

quiet = $(if $(filter 0,$(V)),@echo '  $(1)  $(patsubst build/%,%,$@)';)
pkg_libs = $(shell pkg-config --libs $(1))

# Layers: mlp itself may need libyaml, cJSON, SQLite and libc only (tests/check-libs.sh).
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
FUZZERS  = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))

all: $(MLP) $(MLP_GIT)

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC ) $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBA): $(call obj,$(LIB_SRC))
	@rm -f $@
	$(call quiet,AR ) $(AR) rcs $@ $^

$(MLP): $(call obj,$(CLI_SRC)) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(CC) $(CFLAGS) $(HARDENLD) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(MLP_GIT): $(call obj,$(GIT_SRC)) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(CC) $(CFLAGS) $(HARDENLD) $(LDFLAGS) -o $@ $^ $(GIT_LIBS)

$(B)/tests/%: $(B)/obj/tests/unit/%.o $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(CC) $(CFLAGS) $(HARDENLD) -o $@ $^ $(LIB_LIBS) $(call pkg_libs,cmocka)

units: $(UNITS)

-include $(shell find build -name '*.d' 2>/dev/null)

.PHONY: all units
.DELETE_ON_ERROR:
.SECONDARY:
