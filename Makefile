# mlp -- see README.md.  `make` builds, `make demo` shows, `make check` proves.
VERSION  = 0.1.0
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
DESTDIR ?=
CONFIG  ?= release
B        = build/$(CONFIG)
V       ?= 0
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 \
	   -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wpointer-arith $(if $(WERROR),-Werror)
HARDEN   = -fstack-protector-strong -fPIC -D_FORTIFY_SOURCE=2
HARDENLD = -Wl,-z,relro,-z,now -Wl,--as-needed
# SAN=address,undefined: another set of objects, in build/san
ifneq ($(SAN),)
CONFIG   = san
CFLAGS   = -O1 -g
HARDEN   = -fPIC -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
HARDENLD = -fsanitize=$(SAN) -Wl,--as-needed
endif
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS) -include src/base/banned.h -Isrc -Iinclude \
	     -DMLP_VERSION='"$(VERSION)"' -DMLP_LIBEXEC_DEFAULT='"$(PREFIX)/libexec/mlp"' \
	     -fvisibility=hidden -MMD -MP

silent   = $(findstring s,$(firstword -$(MAKEFLAGS)))
quiet    = $(if $(filter 0,$(V)),@$(if $(silent),,echo '  $(1)  $(patsubst build/%,%,$@)';))
pkg_libs = $(shell pkg-config --libs $(1))

# mlp itself may need libyaml, cJSON, SQLite and libc only (tests/lint.t looks).
LIB_DIRS = base manifest source plan track run env flow cache lib
LIB_SRC  = $(foreach d,$(LIB_DIRS),$(wildcard src/$(d)/*.c))
GIT_SRC  = $(wildcard src/git/*.c)
FETCH_SRC = $(wildcard src/fetch/*.c)
SERVE_SRC = $(wildcard src/server/*.c)
UNIT_SRC = $(wildcard tests/unit/test_*.c)
FUZZ_SRC = $(wildcard tests/fuzz/fuzz_*.c)
obj      = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB_LIBS = $(call pkg_libs,yaml-0.1 libcjson sqlite3) -lm
GIT_LIBS = $(call pkg_libs,libgit2 libcjson) -lm
FETCH_LIBS = $(call pkg_libs,libcurl libarchive libcrypto libcjson) -lm
# libasan has a crypt_r of its own, which calls libcrypt's
SERVE_LIBS = -Wl,--no-as-needed -lcrypt -Wl,--as-needed $(call pkg_libs,libmicrohttpd libcjson sqlite3) -lm

MLP      = $(B)/bin/mlp
MLP_SUPERVISE = $(B)/libexec/mlp-supervise
MLP_GIT  = $(B)/libexec/mlp-git
MLP_FETCH = $(B)/libexec/mlp-fetch
MLP_SERVE = $(B)/libexec/mlp-serve
LIBA     = $(B)/libmlp-internal.a
# MLflow's REST messages and routes; mlp itself has none of it.
API      = $(B)/libmlp-api.a
LIBMLP   = $(B)/lib/libmlp
PUBLIC   = $(call obj,$(wildcard src/lib/*.c)) $(LIBA)
UNITS    = $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))
REPLAYS  = $(patsubst tests/fuzz/fuzz_%.c,$(B)/tests/replay_%,$(FUZZ_SRC))
FUZZERS  = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
LINK     = $(CC) $(CFLAGS) -pie $(HARDENLD) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

# What has to be there first; nothing happens when it is.
all: need-build
	@$(MAKE) --no-print-directory build

build: $(MLP) $(MLP_SUPERVISE) $(LIBMLP).so $(LIBMLP).a $(MLP_GIT) $(MLP_FETCH) $(MLP_SERVE)
	@:

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC ) $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBA): $(call obj,$(LIB_SRC))
$(API): $(call obj,$(wildcard src/api/*.c))
$(LIBA) $(API):
	@rm -f $@
	$(call quiet,AR ) $(AR) rcs $@ $^

$(MLP): $(call obj,$(wildcard src/cli/*.c)) $(LIBA)
$(MLP_SUPERVISE): $(call obj,$(wildcard src/supervise/*.c)) $(LIBA)
$(MLP_GIT): $(call obj,$(GIT_SRC)) $(LIBA)
$(MLP_GIT): LIBS = $(GIT_LIBS)
$(MLP_FETCH): $(call obj,$(FETCH_SRC)) $(LIBA)
$(MLP_FETCH): LIBS = $(FETCH_LIBS)
$(MLP_SERVE): $(call obj,$(SERVE_SRC)) $(API) $(LIBA)
$(MLP_SERVE): LIBS = $(SERVE_LIBS)
LIBS = $(LIB_LIBS)
$(MLP) $(MLP_SUPERVISE) $(MLP_GIT) $(MLP_FETCH) $(MLP_SERVE):
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(LIBS)

$(LIBMLP).so: $(PUBLIC) src/lib/libmlp.map
	@mkdir -p $(@D)
	$(call quiet,LD ) $(CC) $(CFLAGS) -shared $(HARDENLD) $(LDFLAGS) -Wl,-soname,libmlp.so.0 \
		-Wl,--version-script=src/lib/libmlp.map -o $@.$(VERSION) $(PUBLIC) $(LIB_LIBS)
	@ln -sf libmlp.so.$(VERSION) $@.0 && ln -sf libmlp.so.$(VERSION) $@

# One object, so that nothing but mlp_* can clash with a host's names.
$(LIBMLP).a: $(PUBLIC)
	@mkdir -p $(@D)
	$(call quiet,AR ) $(LD) -r -o $(LIBMLP).o $(PUBLIC)
	@objcopy --localize-hidden $(LIBMLP).o && rm -f $@ && $(AR) rcs $@ $(LIBMLP).o

# tests of what mlp-fetch and mlp-serve are made of
OF_FETCH = $(addprefix $(B)/,tests/test_fetch tests/replay_archive fuzz/fuzz_archive)
$(OF_FETCH): $(call obj,$(filter-out %/main.c,$(FETCH_SRC)))
$(OF_FETCH): LIBS = $(FETCH_LIBS)
OF_SERVE = $(addprefix $(B)/,tests/test_server tests/test_once tests/replay_http fuzz/fuzz_http)
$(OF_SERVE): $(call obj,$(filter-out %/main.c,$(SERVE_SRC)))
$(OF_SERVE): LIBS = $(SERVE_LIBS)
$(B)/tests/test_%: $(B)/obj/tests/unit/test_%.o $(API) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(LIBS) $(call pkg_libs,cmocka)

$(B)/tests/replay_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/standalone.o $(API) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) $(LIBS)

$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(API) $(LIBA)
	@mkdir -p $(@D)
	$(call quiet,LD ) $(LINK) -fsanitize=fuzzer $(LIBS)

$(B)/tests/measure $(B)/tests/load: $(B)/tests/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call quiet,CC ) $(CC) $(ALL_CFLAGS) -o $@ $<

units: $(UNITS) $(REPLAYS)
fuzzers: $(FUZZERS)

need-%:
	@tests/need.sh $*

demo: need-demo
	@$(MAKE) --no-print-directory build
	@examples/demo.sh $(MLP)

check check-full: need-check
	@tests/run.sh $(if $(filter check,$@),quick,full)

asan: need-check
	@$(MAKE) --no-print-directory SAN=address,undefined build units

# FUZZ_SECONDS each; SOAK_KILLS
fuzz soak: need-check
	@tests/$@.sh

lint: need-check
	@$(MAKE) --no-print-directory build
	@prove -v tests/lint.t

fmt: need-check
	@git ls-files '*.c' '*.h' | xargs clang-format -i

bench: need-bench
	@$(MAKE) --no-print-directory build $(B)/tests/measure $(B)/tests/load
	@tests/bench/run.sh $(B)/tests/measure $(MLP)

INSTALLED = $(DESTDIR)$(PREFIX)
LIBEXEC  = $(MLP_SUPERVISE) $(MLP_GIT) $(MLP_FETCH) $(MLP_SERVE)
MANUALS  = 1 3 5
# SHELL:FILE below share/
COMPLETIONS = bash:bash-completion/completions/mlp zsh:zsh/site-functions/_mlp \
	      fish:fish/vendor_completions.d/mlp.fish

install: all
	install -d $(addprefix $(INSTALLED)/,bin libexec/mlp include $(MANUALS:%=share/man/man%)) \
		$(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 $(MLP) $(INSTALLED)/bin/mlp
	install -m 755 $(LIBEXEC) $(INSTALLED)/libexec/mlp
	$(foreach n,$(MANUALS),install -m 644 $(wildcard man/*.$(n)) $(INSTALLED)/share/man/man$(n) &&) :
	find templates -type f -exec install -D -m 644 {} $(INSTALLED)/share/mlp/{} \;
	for c in $(COMPLETIONS); do f=$(INSTALLED)/share/$${c#*:}; install -d $${f%/*} && \
		$(MLP) completion $${c%%:*} >$$f && chmod 644 $$f || exit 1; done
	install -m 644 include/mlp.h $(INSTALLED)/include
	install -m 644 $(LIBMLP).so.$(VERSION) $(LIBMLP).a $(DESTDIR)$(LIBDIR)
	cp -P $(LIBMLP).so $(LIBMLP).so.0 $(DESTDIR)$(LIBDIR)
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' src/lib/mlp.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/mlp.pc && chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/mlp.pc

uninstall:
	rm -f $(INSTALLED)/bin/mlp $(addprefix $(INSTALLED)/libexec/mlp/,$(notdir $(LIBEXEC)))
	rm -f $(foreach n,$(MANUALS),$(patsubst man/%,$(INSTALLED)/share/man/man$(n)/%,$(wildcard man/*.$(n))))
	rm -f $(foreach c,$(COMPLETIONS),$(INSTALLED)/share/$(lastword $(subst :, ,$(c))))
	rm -rf $(INSTALLED)/share/mlp
	rm -f $(INSTALLED)/include/mlp.h $(DESTDIR)$(LIBDIR)/pkgconfig/mlp.pc \
		$(addprefix $(DESTDIR)$(LIBDIR)/libmlp,.a .so .so.0 .so.$(VERSION))
	-rmdir $(INSTALLED)/libexec/mlp

# build/mlp-VERSION.tar.xz, and Debian packages in build/deb/
dist: all
	@.packaging/dist.sh $(VERSION) $(MLP) $(LIBEXEC)

deb: need-deb
	@.packaging/deb.sh $(VERSION)

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all build units fuzzers demo check check-full asan fuzz soak lint fmt bench install \
	uninstall dist deb clean
.DELETE_ON_ERROR .SECONDARY:
