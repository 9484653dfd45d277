/* SPDX-License-Identifier: MIT */
#include "server/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "server/exchange.h"
#include "server/response.h"

enum {
	THREADS = 2, /* of a socket; they only read and write */
	STACK = 256 << 10,
	HEAD_MAX = 128 << 10, /* of a connection: its request line and headers, a piece */
	IDLE_S = 120,
	IDLE_ENDPOINT_S = 600,
	CONNECTIONS = 16384,
	OTHERS = 256, /* descriptors */
	PEM_MAX = 1 << 20,
	TIDY_NAPS = 50,
};

struct http {
	struct server *sv;
	struct MHD_Daemon *daemons[LISTENERS_MAX];
	size_t n;
	struct port {
		struct http *http;
		const struct listener *listener;
	} ports[LISTENERS_MAX];
	pthread_mutex_t lock;
	struct conn *conns;
	struct buf cert, key;
	struct workers *workers;
	char failed[512]; /* what libmicrohttpd said last, while starting */
	atomic_bool started;
};

static void add_conn(struct http *http, struct conn *c)
{
	pthread_mutex_lock(&http->lock);
	c->next = http->conns;
	c->at = &http->conns;
	if (c->next)
		c->next->at = &c->next;
	http->conns = c;
	pthread_mutex_unlock(&http->lock);
}

static void remove_conn(struct http *http, struct conn *c)
{
	pthread_mutex_lock(&http->lock);
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	pthread_mutex_unlock(&http->lock);
}

static void on_conn(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	const struct port *port = cls;
	struct server *sv = port->http->sv;
	struct conn *c = *context;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
		    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		c = xcalloc(1, sizeof(*c));
		c->sv = sv;
		c->listener = port->listener;
		c->fd = info ? info->connect_fd : -1;
		*context = c;
		sv->stats.connections++;
		add_conn(port->http, c);
		return;
	}
	remove_conn(port->http, c); /* the descriptor is closed after this */
	if (c->watched)
		once_over(sv->once, c->watched);
	sv->stats.connections--;
	free(c);
	*context = NULL;
}

/*
 * With epoll, libmicrohttpd (0.9.75) does not see that a client has left when that comes
 * together with the last bytes; it would keep the connection until its time is up.
 */
void http_tidy(struct http *http)
{
	pthread_mutex_lock(&http->lock);
	for (struct conn *c = http->conns; c; c = c->next) {
		struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
		int unread = 0;
		if (c->busy || poll(&p, 1, 0) <= 0 ||
		    (ioctl(c->fd, FIONREAD, &unread) == 0 && unread > 0))
			c->gone = 0;
		else if (c->gone++ > 0)
			shutdown(c->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&http->lock);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	(void)cls;
	return exchange_new(info->socket_context, uri);
}

static const char *header(struct MHD_Connection *mhd, const char *name)
{
	return MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, name);
}

static void take_headers(
    struct exchange *ex, struct MHD_Connection *mhd, const char *method)
{
	ex->method = arena_strdup(&ex->arena, method);
	ex->host = header(mhd, "Host");
	ex->origin = header(mhd, "Origin");
	ex->authorization = header(mhd, "Authorization");
	ex->content_type = header(mhd, "Content-Type");
	ex->agent = header(mhd, "User-Agent");
	ex->range = header(mhd, "Range");
	ex->if_none_match = header(mhd, "If-None-Match");
	ex->if_range = header(mhd, "If-Range");
	ex->request_id = header(mhd, "X-Request-Id");
	ex->length = header(mhd, "Content-Length");
	ex->waits = header(mhd, "Expect") != NULL;
}

static enum MHD_Result send_reply(struct exchange *ex, struct MHD_Connection *mhd)
{
	struct MHD_Response *out = response_make(&ex->reply, ex->id);
	enum MHD_Result rc;
	if (!out)
		return MHD_NO;
	rc = MHD_queue_response(mhd, (unsigned)ex->reply.api.status, out);
	MHD_destroy_response(out);
	return rc;
}

static void answer(struct job *job)
{
	struct exchange *ex = (struct exchange *)job; /* its first member */
	struct MHD_Connection *mhd = ex->mhd;
	exchange_answer(ex);
	MHD_resume_connection(mhd);
}

static void admit(struct job *job)
{
	struct exchange *ex = (struct exchange *)job;
	struct MHD_Connection *mhd = ex->mhd;
	exchange_admit(ex);
	MHD_resume_connection(mhd);
}

/* on_request is called again when it is done. */
static enum MHD_Result hand_over(struct exchange *ex, struct MHD_Connection *mhd,
    struct http *http, void (*run)(struct job *))
{
	ex->mhd = mhd;
	ex->job =
	    (struct job){.writes = run == answer && exchange_writes(ex), .run = run};
	MHD_suspend_connection(mhd);
	workers_add(http->workers, &ex->job);
	return MHD_YES;
}

/* Not past those that wait. */
static bool answer_now(struct exchange *ex, struct http *http)
{
	return !workers_busy(http->workers) && exchange_answer_now(ex);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *size,
    void **context)
{
	struct exchange *ex = *context;
	struct http *http = cls;
	(void)url;
	(void)version;
	if (!ex->begun) {
		take_headers(ex, mhd, method);
		exchange_begin(ex);
		if (exchange_admits_slowly(ex))
			return hand_over(ex, mhd, http, admit);
		exchange_admit(ex);
	}
	if (!ex->welcomed && !ex->reply.closes) {
		ex->welcomed = true;
		return MHD_YES; /* now its body */
	}
	if (*size > 0) {
		size_t n = *size;
		*size = 0;
		return exchange_take(ex, data, n) < 0 ? MHD_NO : MHD_YES;
	}
	ex->conn->busy = true;
	if (!ex->done && !exchange_is_quick(ex) && !answer_now(ex, http))
		return hand_over(ex, mhd, http, answer);
	if (!ex->done)
		exchange_answer(ex);
	return send_reply(ex, mhd);
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct exchange *ex = *context;
	(void)cls;
	(void)mhd;
	*context = NULL;
	if (!ex)
		return;
	ex->conn->busy = false;
	exchange_free(ex, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

/* Paths and queries are decoded by exchange.c, which has the raw text. */
static size_t keep(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

/* What clients do wrong is no news; why it does not start is. */
__attribute__((format(printf, 2, 0))) static void on_log(
    void *cls, const char *fmt, va_list ap)
{
	struct http *http = cls;
	if (http->started)
		return;
	pthread_mutex_lock(&http->lock);
	vsnprintf(http->failed, sizeof(http->failed), fmt, ap);
	http->failed[strcspn(http->failed, "\n")] = '\0';
	pthread_mutex_unlock(&http->lock);
}

/* Each connection is a descriptor: as many as we may have. */
static unsigned raise_limits(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return 2 * OTHERS;
	l.rlim_cur =
	    l.rlim_max < CONNECTIONS + OTHERS ? l.rlim_max : CONNECTIONS + OTHERS;
	setrlimit(RLIMIT_NOFILE, &l);
	return l.rlim_cur > 2 * OTHERS ? (unsigned)l.rlim_cur - OTHERS : OTHERS;
}

static int read_pem(const char *file, const char *what, struct buf *out, struct err *err)
{
	if (file_read(file, PEM_MAX, out, err) < 0)
		return err_wrap(err, "%s", what);
	return 0;
}

static int start_one(struct http *http, size_t i, unsigned connections, struct err *err)
{
	const struct serve_options *o = http->sv->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (o->tls_cert ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, http->cert.s},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, http->key.s},
	    {MHD_OPTION_END, 0, NULL},
	};
	struct port *port = &http->ports[i];
	*port = (struct port){http, &http->sv->listeners.v[i]};
	http->daemons[i] = MHD_start_daemon(flags, 0, NULL, NULL, on_request, http,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, http, MHD_OPTION_LISTEN_SOCKET,
	    port->listener->fd, MHD_OPTION_NOTIFY_CONNECTION, on_conn, port,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep,
	    NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_THREAD_STACK_SIZE,
	    (size_t)STACK, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX,
	    MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)(o->endpoint ? IDLE_ENDPOINT_S : IDLE_S),
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY,
	    o->tls_cert ? tls : &tls[2], MHD_OPTION_END);
	if (http->daemons[i])
		return 0;
	if (o->tls_cert)
		return err_set(err, ERR_FAIL,
		    "the certificate '%s' and the key '%s' cannot be used: %s",
		    o->tls_cert, o->tls_key, http->failed);
	return err_set(
	    err, ERR_FAIL, "cannot serve on %s: %s", port->listener->at, http->failed);
}

int http_start(struct server *sv, struct http **out, struct err *err)
{
	const struct serve_options *o = sv->options;
	struct http *http = xcalloc(1, sizeof(*http));
	unsigned connections = raise_limits();
	http->sv = sv;
	pthread_mutex_init(&http->lock, NULL);
	http->cert = http->key = (struct buf)BUF_INIT;
	*out = http;
	if (o->tls_cert && (read_pem(o->tls_cert, "certificate", &http->cert, err) < 0 ||
			       read_pem(o->tls_key, "key", &http->key, err) < 0))
		return -1;
	if (workers_start(&http->workers, err) < 0)
		return -1;
	for (size_t i = 0; i < sv->listeners.n; i++, http->n++)
		if (start_one(http, i, connections, err) < 0)
			return -1;
	http->started = true;
	return 0;
}

/* Bytes have come that no thread has read yet: it may be a request. */
static bool has_unread(struct http *http)
{
	bool found = false;
	pthread_mutex_lock(&http->lock);
	for (struct conn *c = http->conns; c && !found; c = c->next) {
		int unread = 0;
		found = ioctl(c->fd, FIONREAD, &unread) == 0 && unread > 0;
	}
	pthread_mutex_unlock(&http->lock);
	return found;
}

static bool is_asked(struct http *http)
{
	return http->sv->stats.active > 0 || workers_busy(http->workers) ||
	       has_unread(http);
}

int http_stop(struct http *http, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;
	int naps = 0, quiet = 0;
	if (!http)
		return 0;
	for (size_t i = 0; i < http->n; i++)
		MHD_quiesce_daemon(http->daemons[i]);
	/* twice: what was read a moment ago is not yet a request */
	while ((quiet = is_asked(http) ? 0 : quiet + 1) < 2 && clock_mono_ms() < until) {
		usleep(1000);
		if (++naps % TIDY_NAPS == 0)
			http_tidy(http); /* who has left is not waited for */
	}
	if (workers_busy(http->workers))
		return -1;
	for (size_t i = 0; i < http->n; i++)
		MHD_stop_daemon(http->daemons[i]);
	workers_stop(http->workers);
	explicit_bzero(http->key.s, http->key.len);
	buf_release(&http->cert);
	buf_release(&http->key);
	free(http);
	return 0;
}
