/* SPDX-License-Identifier: MIT */
#include "git/lib.h"

#include <dlfcn.h>
#include <stdarg.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

#define SHA256 "its objects are named by SHA-256, which libgit2 does not read"

enum { TEXT_MAX = 1000 };

/* The system's file of certificates, once libgit2 has named it; and what is wanted now. */
static char *store;
static enum { NOT_YET, STORE_FIRST, AS_ASKED } certificates;

/*
 * libgit2 built with mbedTLS parses the whole certificate store when it starts, and has
 * no switch against it; and it knows only one file at a time.  This takes the place of
 * mbedTLS's function: nothing at the start, and later the store in front of every file,
 * as curl has it.  Another build never calls it.
 */
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
    __attribute__((visibility("default")));
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	int (*real)(void *, const char *);
	bool store_first = certificates == STORE_FIRST;
	*(void **)&real = dlsym(RTLD_NEXT, "mbedtls_x509_crt_parse_file");
	if (certificates == NOT_YET) {
		store = xstrdup(path);
		return 0;
	}
	if (!real)
		return -1;
	certificates = AS_ASKED;
	if (store_first && store && strcmp(path, store) != 0)
		real(chain, store);
	return real(chain, path);
}

/* The directory in which the system's file is holds the same certificates singly. */
static bool is_of_store(const char *dir)
{
	const char *slash = store ? strrchr(store, '/') : NULL;
	size_t n = slash ? (size_t)(slash - store) : 0;
	return n > 0 && strncmp(store, dir, n) == 0 &&
	       dir[n + strspn(dir + n, "/")] == '\0';
}

int lib_trust(const char *file, const char *dir)
{
	certificates = STORE_FIRST;
	if (!file)
		file = store;
	if (dir && is_of_store(dir))
		dir = NULL;
	return file || dir ? git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, dir)
			   : 0;
}

int lib_start(struct err *err)
{
	if (git_libgit2_init() < 0)
		return lib_fail(err, "cannot start libgit2");
	/* we run nothing that a repository says, so whose it is does not matter */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	/* what we wrote or fetched is checked once, when it is indexed */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
	return 0;
}

/* A path may be longer than any message; the cause stands behind it. */
static void add_short(struct buf *out, const char *text)
{
	size_t n = strlen(text);
	if (n <= TEXT_MAX) {
		buf_adds(out, text);
		return;
	}
	buf_add(out, text, utf8_prefix(text, TEXT_MAX / 4));
	buf_adds(out, "...");
	text += n - TEXT_MAX / 2;
	while (((unsigned char)*text & 0xC0) == 0x80)
		text++;
	buf_adds(out, text);
}

void lib_last_text(struct buf *out)
{
	const git_error *e = git_error_last();
	const char *text = e && e->message ? e->message : "no reason given";
	if (strstr(text, "extensions.objectformat"))
		text = SHA256;
	add_short(out, text);
	while (out->len > 0 && strchr(". \n", out->s[out->len - 1]))
		buf_cut(out, out->len - 1);
}

int lib_fail(struct err *err, const char *fmt, ...)
{
	auto_buf cause = BUF_INIT, text = BUF_INIT;
	va_list ap;
	lib_last_text(&cause);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	err_set(err, ERR_FAIL, "%s: %s", text.s, cause.s);
	if (strcmp(cause.s, SHA256) == 0)
		err_hint(err, "`git clone` it and run the directory, without -v");
	return -1;
}

/* Not those of the system or of the network, which another mirror would not help. */
bool lib_is_damage(void)
{
	const git_error *e = git_error_last();
	switch (e ? e->klass : GIT_ERROR_NONE) {
	case GIT_ERROR_ODB:
	case GIT_ERROR_OBJECT:
	case GIT_ERROR_ZLIB:
	case GIT_ERROR_SHA:
	case GIT_ERROR_TREE:
	case GIT_ERROR_TAG:
	case GIT_ERROR_REFERENCE:
		return true;
	default:
		return false;
	}
}
