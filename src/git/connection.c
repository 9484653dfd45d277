/* SPDX-License-Identifier: MIT */
#include "git/connection.h"

#include <git2/sys/transport.h>

#include "base/urltext.h"
#include "git/config.h"
#include "git/proxy.h"
#include "git/sshcmd.h"
#include "git/sshlib.h"
#include "git/tls.h"

enum { SAID_MAX = 16 * 1024 * 1024 };

static int on_objects(const git_indexer_progress *p, void *arg)
{
	struct connection *c = arg;
	c->receiving = true;
	if (!c->received)
		event_progress(c->meter, "receiving objects", p->received_objects,
		    p->total_objects, (long long)p->received_bytes);
	else if (p->total_deltas > 0)
		event_progress(
		    c->meter, "resolving deltas", p->indexed_deltas, p->total_deltas, 0);
	c->received = p->total_objects > 0 && p->received_objects == p->total_objects;
	return 0;
}

static int on_server_text(const char *text, int n, void *arg)
{
	struct connection *c = arg;
	(void)text; /* hostile, and git's own progress: only that it moves counts */
	c->said += n;
	if (c->said > SAID_MAX) {
		git_error_set_str(GIT_ERROR_NET, "the server talks without end");
		return GIT_EUSER;
	}
	if (c->receiving)
		return 0;
	event_progress(c->meter, "waiting for the server", c->said, 0, 0);
	return 0;
}

static int on_certificate(git_cert *cert, int valid, const char *host, void *arg)
{
	const struct connection *c = arg;
	(void)host;
	if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2)
		return valid ? 0 : GIT_ECERTIFICATE;
	return c->verify ? GIT_PASSTHROUGH : 0;
}

static int on_transport(git_transport **out, git_remote *remote, void *arg)
{
	struct connection *c = arg;
	if (c->to.kind != ADDRESS_SSH)
		return git_transport_new(out, remote, git_remote_url(remote));
	if (sshcmd_there_is(git_remote_owner(remote)))
		return ssh_transport(out, remote, &c->words);
	if (git_libgit2_features() & GIT_FEATURE_SSH)
		return git_transport_new(out, remote, git_remote_url(remote));
	git_error_set_str(GIT_ERROR_SSH, "there is no ssh program");
	return -1;
}

static int on_ssh_key(git_credential **out, const char *url, const char *user,
    unsigned int allowed, void *arg)
{
	struct connection *c = arg;
	(void)url;
	return sshlib_credential(out, c->a, user ? user : c->to.user, allowed, &c->said);
}

static void options_init(struct connection *c)
{
	git_fetch_options *o = &c->options;
	git_fetch_options_init(o, GIT_FETCH_OPTIONS_VERSION);
	o->callbacks.transfer_progress = on_objects;
	o->callbacks.sideband_progress = on_server_text;
	o->callbacks.certificate_check = on_certificate;
	o->callbacks.transport = on_transport;
	if (c->to.kind == ADDRESS_SSH)
		o->callbacks.credentials = on_ssh_key;
	o->callbacks.payload = c;
	o->proxy_opts.type = GIT_PROXY_NONE;
	o->download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; /* a refspec names them all */
}

/* For http the proxy reads the requests; libgit2 must write them in its way. */
static int proxy_init(struct connection *c, const char *proxy, struct err *err)
{
	bool tls = strcmp(c->to.scheme, "https") == 0;
	c->proxy = url_without_user(c->a, proxy);
	if (strncasecmp(proxy, "http://", 7) != 0) {
		err_set(err, ERR_FAIL, "the proxy '%s' for '%s' is none of http",
		    c->proxy, c->to.plain);
		return err_hint(
		    err, "https_proxy, all_proxy or http.proxy can name another");
	}
	if (tunnel_init(c->a, proxy, tls, &c->tunnel, err) < 0)
		return err_wrap(err, "the proxy for '%s'", c->to.plain);
	tunnel_use(&c->tunnel);
	if (tls)
		return 0;
	c->options.proxy_opts.type = GIT_PROXY_SPECIFIED;
	c->options.proxy_opts.url = c->proxy;
	return 0;
}

static int http_init(struct connection *c, git_repository *mirror, struct err *err)
{
	const char *url = c->to.plain;
	const char *proxy = proxy_find(c->a, mirror, &c->to);
	if (tls_prepare(c->a, mirror, url, &c->verify, err) < 0)
		return -1;
	if (!c->verify && strcmp(c->to.scheme, "https") == 0)
		event_warning(
		    "the certificate of '%s' is not checked, as GIT_SSL_NO_VERIFY or "
		    "http.sslVerify says",
		    c->to.host);
	config_http_all(c->a, mirror, url, "extraheader", &c->extra);
	return proxy ? proxy_init(c, proxy, err) : 0;
}

/* The headers of one attempt; redirections as it may follow them. */
static void set_headers(struct connection *c)
{
	git_fetch_options *o = &c->options;
	struct strvec *h = &c->headers;
	bool secret = false;
	strvec_release(h);
	for (size_t i = 0; i < c->extra.n; i++)
		if (*c->extra.v[i]) /* an empty one would undo those before it */
			strvec_push(h, c->extra.v[i]);
		else
			strvec_release(h);
	if (c->credential.source != CREDENTIAL_NONE)
		strvec_push(h, credential_header(c->a, &c->credential));
	for (size_t i = 0; i < h->n; i++)
		secret = secret || strncasecmp(h->v[i], "authorization", 13) == 0 ||
			 strncasecmp(h->v[i], "cookie", 6) == 0;
	if (c->tunnel.header && !c->tunnel.connects)
		strvec_push(h, c->tunnel.header);
	if (c->one_each)
		strvec_push(h, "Connection: close");
	o->custom_headers.strings = h->v;
	o->custom_headers.count = h->n;
	o->follow_redirects =
	    secret ? GIT_REMOTE_REDIRECT_NONE : GIT_REMOTE_REDIRECT_INITIAL;
}

static int make_remote(git_remote **out, git_repository *mirror, const char *url)
{
	git_remote_create_options o;
	git_remote_create_options_init(&o, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	o.repository = mirror;
	o.flags =
	    GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	return git_remote_create_with_opts(out, url, &o);
}

/* One attempt with c->credential; libgit2's code. */
static int attempt(struct connection *c, git_repository *mirror)
{
	git_remote_connect_options o;
	int rc;
	set_headers(c);
	git_error_clear();
	git_remote_connect_options_init(&o, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	o.callbacks = c->options.callbacks;
	o.proxy_opts = c->options.proxy_opts;
	o.follow_redirects = c->options.follow_redirects;
	o.custom_headers = c->options.custom_headers;
	rc = make_remote(&c->remote, mirror, c->to.plain);
	if (rc == 0)
		rc = git_remote_connect_ext(c->remote, GIT_DIRECTION_FETCH, &o);
	if (rc == 0)
		return 0;
	git_remote_free(c->remote);
	c->remote = NULL;
	return rc;
}

static bool is_refused(const struct connection *c, int rc)
{
	const git_error *e = git_error_last();
	return c->to.kind == ADDRESS_HTTP && rc == GIT_EAUTH &&
	       !(e && e->message && strncmp(e->message, "proxy", 5) == 0);
}

/*
 * libgit2 1.5 takes the text of a redirection for the next answer.  What helps where that
 * text comes late is a connection for each answer; and many servers that know a repository
 * as NAME.git send us there from NAME.
 */
static bool another_way(struct connection *c)
{
	const git_error *e = git_error_last();
	size_t n = strlen(c->to.path);
	if (c->to.kind != ADDRESS_HTTP || !e || !e->message ||
	    strncmp(e->message, "http parser error", 17) != 0)
		return false;
	if (!c->one_each) {
		c->one_each = true;
		return true;
	}
	if ((n >= 4 && strcmp(c->to.path + n - 4, ".git") == 0) || n <= 1)
		return false;
	c->one_each = false;
	c->to.path = arena_printf(c->a, "%s.git", c->to.path);
	c->to.plain = arena_printf(c->a, "%s.git", c->to.plain);
	return true;
}

static int connect_any(struct connection *c, git_repository *mirror, struct err *err)
{
	int rc;
	c->credential = credential_first(&c->to);
	while ((rc = attempt(c, mirror)) < 0) {
		struct credential next;
		if (another_way(c))
			continue;
		if (!is_refused(c, rc))
			return connection_fail(c, rc, err);
		if (c->credential.source != CREDENTIAL_NONE)
			c->refused = c->credential.source;
		event_progress(c->meter, "looking for a password", c->refused, 0, 0);
		next = credential_next(c->a, &c->to, &c->credential);
		if (next.source == CREDENTIAL_END)
			return connection_fail(c, GIT_EAUTH, err);
		c->credential = next;
	}
	credential_accepted(&c->to, &c->credential);
	return 0;
}

/* The user's url.<base>.insteadOf may make another address of it. */
static int find_address(struct connection *c, git_repository *mirror, struct err *err)
{
	auto_git(remote) given = NULL;
	if (git_remote_create_anonymous(&given, mirror, c->rq->url) < 0)
		return lib_fail(err, "cannot use '%s'", c->rq->origin);
	if (address_parse(c->a, arena_strdup(c->a, git_remote_url(given)), &c->to, err) <
	    0)
		return -1;
	if (c->to.kind == ADDRESS_OTHER)
		return err_set(err, ERR_USAGE, "'%s': '%s' is not supported",
		    c->rq->origin, c->to.scheme);
	return 0;
}

int connection_open(struct connection *c, struct arena *a, git_repository *mirror,
    const struct request *rq, struct meter *meter, struct err *err)
{
	c->rq = rq;
	c->a = a;
	c->meter = meter;
	c->verify = true;
	if (find_address(c, mirror, err) < 0)
		return -1;
	options_init(c);
	if (c->to.kind == ADDRESS_HTTP && http_init(c, mirror, err) < 0)
		return -1;
	return connect_any(c, mirror, err);
}

void connection_close(struct connection *c)
{
	git_remote_free(c->remote);
	c->remote = NULL;
	if (c->proxy)
		tunnel_use(NULL);
	strvec_release(&c->extra);
	strvec_release(&c->headers);
	buf_release(&c->words.text);
}
