/* SPDX-License-Identifier: MIT */
#include "git/lib.h"

#include <dlfcn.h>
#include <stdarg.h>

#include "base/buf.h"

static bool wants_certificates;

/*
 * libgit2 built with mbedTLS parses the whole certificate store when it starts, and has
 * no switch against it.  This takes the place of mbedTLS's function: it goes on to the
 * real one only for operations that may speak TLS.  Another build never calls it.
 */
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
    __attribute__((visibility("default")));
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	int (*real)(void *, const char *);
	if (!wants_certificates)
		return 0;
	*(void **)&real = dlsym(RTLD_NEXT, "mbedtls_x509_crt_parse_file");
	return real ? real(chain, path) : -1;
}

int lib_start(bool tls, struct err *err)
{
	wants_certificates = tls;
	if (git_libgit2_init() < 0)
		return lib_fail(err, "cannot start libgit2");
	/* we run nothing that a repository says, so whose it is does not matter */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	/* what we wrote or fetched is checked once, when it is indexed */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
	return 0;
}

static void last_text(struct buf *out)
{
	const git_error *e = git_error_last();
	buf_adds(out, e && e->message ? e->message : "no reason given");
	while (out->len > 0 && strchr(". \n", out->s[out->len - 1]))
		buf_cut(out, out->len - 1);
}

int lib_fail(struct err *err, const char *fmt, ...)
{
	auto_buf cause = BUF_INIT, text = BUF_INIT;
	va_list ap;
	last_text(&cause);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	return err_set(err, ERR_FAIL, "%s: %s", text.s, cause.s);
}

struct translation {
	const char *part; /* of libgit2's or the server's text */
	enum err_code code;
	const char *words, *hint;
};

static const struct translation translations[] = {
    {"failed to resolve address", ERR_FAIL, "unknown host",
	"check the spelling and the network"},
    {"Connection refused", ERR_FAIL, "connection refused",
	"nothing listens there: check host and port"},
    {"No route to host", ERR_FAIL, "no route to the host", NULL},
    {"Network is unreachable", ERR_FAIL, "the network is unreachable", NULL},
    {"timed out", ERR_FAIL, "no answer", NULL},
    {"status code: 403", ERR_FAIL, "the server refuses access", NULL},
    {"status code: 404", ERR_NOTFOUND, "not a git repository (404)",
	"check the address: it must be what `git clone` would take"},
    {"status code: 407", ERR_FAIL, "the proxy asks for a user name and password", NULL},
    {"status code: 5", ERR_FAIL, "the server failed", "try again later"},
    {"access denied or repository not exported", ERR_NOTFOUND,
	"no such repository, or access denied", NULL},
    {"epository not found", ERR_NOTFOUND, "no such repository", NULL},
    {"unexpected content-type", ERR_NOTFOUND, "not a git repository",
	"check the address: it must be what `git clone` would take"},
    {"invalid content-type", ERR_NOTFOUND, "not a git repository",
	"check the address: it must be what `git clone` would take"},
    {"ertificate", ERR_FAIL, "its certificate is not trusted", NULL},
};

static const struct translation *translate(int rc, const char *cause)
{
	static const struct translation auth = {NULL, ERR_FAIL,
	    "asks for a user name and password, which is not supported yet",
	    "use a URL that may be read without them"};
	static const struct translation cert = {
	    NULL, ERR_FAIL, "its certificate is not trusted", NULL};
	if (rc == GIT_EAUTH || strstr(cause, "status code: 401") ||
	    strstr(cause, "authentication required"))
		return &auth;
	if (rc == GIT_ECERTIFICATE)
		return &cert;
	for (size_t i = 0; i < sizeof(translations) / sizeof(translations[0]); i++)
		if (strstr(cause, translations[i].part))
			return &translations[i];
	return NULL;
}

int lib_fetch_fail(struct err *err, int rc, const char *shown, const char *host)
{
	auto_buf cause = BUF_INIT;
	const struct translation *t;
	last_text(&cause);
	t = translate(rc, cause.s);
	if (!t)
		return err_set(err, ERR_FAIL, "cannot fetch '%s': %s", shown, cause.s);
	err_set(err, t->code, "cannot fetch '%s': %s%s%s (%s)", shown, host ? host : "",
	    host ? ": " : "", t->words, cause.s);
	if (t->hint)
		err_hint(err, "%s", t->hint);
	return -1;
}
