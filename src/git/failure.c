/* SPDX-License-Identifier: MIT */
/* failure.c -- what libgit2, servers and ssh say of a connection, in plain words. */
#include "base/urltext.h"
#include "git/connection.h"

struct translation {
	const char *part; /* of their text */
	enum err_code code;
	const char *words, *hint;
};

#define SAME_AS_CLONE "check the address: it must be what `git clone` would take"

static const struct translation of_ssh[] = {
    {"IDENTIFICATION HAS CHANGED", ERR_FAIL,
	"its host key is not the one that is known: somebody may be listening in",
	"ask who runs it; `ssh-keygen -R HOST` forgets the old key"},
    {"Host key verification failed", ERR_FAIL, "its host key is not known",
	"connect once with `ssh HOST` and compare the key, or add it to "
	"~/.ssh/known_hosts"},
    {"hostkey check", ERR_FAIL, "its host key is not known, or not the one that is known",
	"compare it, and add it to ~/.ssh/known_hosts"},
    {"Permission denied (", ERR_FAIL, "ssh is not let in",
	"is the key loaded (`ssh-add -l`), and known to the server? mlp never asks for a "
	"password"},
    {"Permission denied", ERR_FAIL, "ssh is not let in", NULL},
    {"Could not resolve hostname", ERR_BUSY, "unknown host",
	"check the spelling and the network"},
    {"does not appear to be a git repository", ERR_NOTFOUND, "no such repository", NULL},
    {"git-upload-pack: not found", ERR_FAIL, "there is no git on it", NULL},
    {"git-upload-pack: command not found", ERR_FAIL, "there is no git on it", NULL},
    {"bad packet length", ERR_FAIL, "what it says is not git's",
	"a login there must print nothing by itself: try `ssh HOST true`, and look at "
	"its shell's start-up files"},
    {"there is no ssh program", ERR_FAIL, "ssh is needed for it",
	"install OpenSSH's client, or use an https:// URL"},
};

static const struct translation of_all[] = {
    {"failed to resolve address", ERR_BUSY, "unknown host",
	"check the spelling and the network"},
    {"Connection refused", ERR_BUSY, "connection refused",
	"nothing listens there: check host and port"},
    {"No route to host", ERR_BUSY, "no route to the host", NULL},
    {"Network is unreachable", ERR_BUSY, "the network is unreachable", NULL},
    {"timed out", ERR_BUSY, "no answer", NULL},
    {"Connection reset", ERR_BUSY, "the connection was cut", NULL},
    {"status code: 403", ERR_FAIL, "the server refuses access", NULL},
    {"status code: 404", ERR_NOTFOUND, "not a git repository (404)", SAME_AS_CLONE},
    {"status code: 407", ERR_FAIL, "the proxy asks for a user name and password",
	"write them into the proxy's URL: http://user:password@proxy:port"},
    {"status code: 429", ERR_BUSY, "the server has had enough of us", "try again later"},
    {"status code: 5", ERR_BUSY, "the server failed", "try again later"},
    {"access denied or repository not exported", ERR_NOTFOUND,
	"no such repository, or access denied", NULL},
    {"epository not found", ERR_NOTFOUND, "no such repository, or access denied", NULL},
    {"unexpected content-type", ERR_NOTFOUND, "not a git repository", SAME_AS_CLONE},
    {"invalid content-type", ERR_NOTFOUND, "not a git repository", SAME_AS_CLONE},
    {"no content-type", ERR_NOTFOUND, "not a git repository", SAME_AS_CLONE},
    {"early EOF", ERR_BUSY, "it stopped before the end",
	"is the repository whole there? `git fsck` on the server tells; one that is "
	"shallow or partial cannot be fetched from"},
    {"stream ended at an unexpected time", ERR_BUSY, "it stopped before the end", NULL},
    {"error parsing REF pkt-line", ERR_FAIL,
	"its list of references cannot be read, or it is a shallow repository, or one of "
	"SHA-256",
	"`git fetch --unshallow` in it makes it whole; for SHA-256, `git clone` it and "
	"run the directory"},
    {"Out of memory", ERR_FAIL, "it sends more than fits into memory", NULL},
    {"http parser error", ERR_FAIL, "its answer cannot be understood",
	"where it sends clients to another address, use that"},
    {"ertificate", ERR_FAIL, "its certificate is not trusted",
	"GIT_SSL_CAINFO or http.sslCAInfo names a file with certificates to trust"},
    {"cannot redirect from", ERR_FAIL, "it sends us elsewhere",
	"use the address that it names; passwords are not taken along"},
};

static const struct translation *find(
    const struct translation *t, size_t n, const char *cause)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(cause, t[i].part))
			return &t[i];
	return NULL;
}

static const char *whose(enum credential_source source)
{
	switch (source) {
	case CREDENTIAL_NETRC:
		return "the user name and password of ~/.netrc";
	case CREDENTIAL_HELPER:
		return "the user name and password of git's credential helper";
	case CREDENTIAL_USER:
		return "the user name of the URL alone";
	default:
		return "the user name and password of the URL";
	}
}

/* 401: with nothing to offer, or with what was offered last. */
static int auth_fail(const struct connection *c, const char *at, struct err *err)
{
	const char *shown = c->rq->origin;
	if (c->refused == CREDENTIAL_NONE) {
		err_set(err, ERR_FAIL,
		    "cannot fetch '%s': %s asks for a user name and password", shown, at);
		return err_hint(err,
		    "put them where git finds them: a credential helper, or ~/.netrc; "
		    "`git ls-remote %s` must work without a question",
		    c->to.shown);
	}
	err_set(err, ERR_FAIL, "cannot fetch '%s': %s does not accept %s", shown, at,
	    whose(c->refused));
	return err_hint(err, "is it the right one, has it expired, may it read this "
			     "repository?");
}

/* Of what is wrong before a server has answered, most is the proxy's. */
static bool is_proxys(const struct connection *c, int rc, const char *cause)
{
	if (strstr(cause, "proxy") || strstr(cause, "407") ||
	    (c->tunnel.status != 0 && c->tunnel.status / 100 != 2))
		return true;
	return c->tunnel.status == 0 && rc != GIT_EAUTH && rc != GIT_ECERTIFICATE &&
	       !strstr(cause, "status code: ");
}

static int proxy_fail(const struct connection *c, const char *cause, struct err *err)
{
	const struct translation *t =
	    find(of_all, sizeof(of_all) / sizeof(of_all[0]), cause);
	bool asks = strstr(cause, "authentication") || strstr(cause, "407");
	const char *words = t ? t->words : "it failed";
	if (asks)
		words = "it asks for a user name and password, or does not accept those "
			"of its URL";
	else if (c->tunnel.status == 403)
		words = "it does not let us through";
	err_set(err, t ? t->code : ERR_FAIL,
	    "cannot fetch '%s' through the proxy '%s': %s (%s)", c->rq->origin, c->proxy,
	    words, cause);
	return err_hint(err, asks ? "write them into the proxy's URL: "
				    "http://user:password@proxy:port"
				  : "https_proxy, http.proxy and no_proxy choose the "
				    "proxy");
}

static const struct translation *translate(
    const struct connection *c, int rc, const char *cause)
{
	static const struct translation cert = {"", ERR_FAIL,
	    "its certificate is not trusted",
	    "GIT_SSL_CAINFO or http.sslCAInfo names a file with certificates to trust"};
	const struct translation *t = NULL;
	if (c->to.kind == ADDRESS_SSH)
		t = find(of_ssh, sizeof(of_ssh) / sizeof(of_ssh[0]), cause);
	else if (rc == GIT_ECERTIFICATE)
		return &cert;
	return t ? t : find(of_all, sizeof(of_all) / sizeof(of_all[0]), cause);
}

int connection_fail(const struct connection *c, int rc, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT, cause = BUF_INIT;
	const struct translation *t;
	bool ours = strcmp(c->rq->origin, c->to.shown) == 0;
	const char *at = c->rq->host;
	if (!ours || !at)
		at = !c->to.host  ? "the server"
		     : c->to.port ? arena_printf(&a, "%s:%s", c->to.host, c->to.port)
				  : c->to.host;
	lib_last_text(&text);
	url_mask(&cause, text.s);
	if (c->proxy && c->remote == NULL && is_proxys(c, rc, cause.s))
		return proxy_fail(c, cause.s, err);
	if (c->to.kind == ADDRESS_HTTP &&
	    (rc == GIT_EAUTH || strstr(cause.s, "status code: 401")))
		return auth_fail(c, at, err);
	if (c->words.text.len > 0) {
		buf_clear(&cause);
		url_mask(&cause, c->words.text.s);
	}
	t = translate(c, rc, cause.s);
	if (!t)
		return err_set(
		    err, ERR_FAIL, "cannot fetch '%s': %s", c->rq->origin, cause.s);
	err_set(err, t->code, "cannot fetch '%s': %s: %s (%s)", c->rq->origin, at,
	    t->words, cause.s);
	if (t->hint)
		err_hint(err, "%s", t->hint);
	return -1;
}
