/* SPDX-License-Identifier: MIT */
#include "server/once.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/path.h"
#include "server/siphash.h"

enum { WAIT_MS = 100 * 1000, SEND_MS = 10 * 1000, WAKE_MS = 200, BUCKETS = 256 };

enum state {
	DOING,
	ANSWERED, /* the reply may be on its way */
	LOST,	  /* it had not arrived when the connection was closed */
};

struct once_entry {
	struct once_entry *next; /* of its bucket */
	uint64_t hash, arrival;	 /* arrivals count from 1 */
	char *text;		 /* method, path and body */
	size_t ntext;
	enum state state;
	int fd; /* of its connection; LOST: ours, -1 when it will not arrive any more */
	bool gone;   /* the client had left before the reply was written */
	bool sent;   /* the system has the reply whole */
	bool orphan; /* its request is over; whoever sees it last frees it */
	int waiting; /* repeats that wait for it */
	int64_t lost_at;
	struct once_reply reply;
};

struct once {
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct siphash_key key;
	struct once_entry *buckets[BUCKETS];
	uint64_t arrivals;
	size_t nlost;
	uint64_t seen[ONCE_SEEN]; /* hashes of the last ones */
	size_t nseen;
};

struct once *once_new(void)
{
	struct once *once = xcalloc(1, sizeof(*once));
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&once->lock, NULL);
	pthread_cond_init(&once->done, &attr);
	pthread_condattr_destroy(&attr);
	siphash_key_new(&once->key);
	return once;
}

static void entry_free(struct once_entry *e)
{
	if (e->state == LOST)
		fd_close(&e->fd);
	buf_release(&e->reply.body);
	free(e->text);
	free(e);
}

void once_free(struct once *once)
{
	for (size_t i = 0; once && i < BUCKETS; i++)
		for (struct once_entry *e = once->buckets[i], *next; e; e = next) {
			next = e->next;
			entry_free(e);
		}
	if (once) {
		pthread_mutex_destroy(&once->lock);
		pthread_cond_destroy(&once->done);
	}
	free(once);
}

bool once_watches(const char *path, size_t nbody)
{
	static const char *const idempotent[] = {"/runs/log-batch", "/runs/log-metric",
	    "/runs/log-parameter", "/runs/set-tag", "/runs/update", "/runs/log-inputs",
	    "/runs/outputs", "/search"};
	for (size_t i = 0; i < sizeof(idempotent) / sizeof(idempotent[0]); i++)
		if (path_ends_with(path, idempotent[i]))
			return false;
	return nbody <= ONCE_BODY;
}

static char *whole_text(const struct once_request *rq, size_t *n)
{
	struct buf b = BUF_INIT;
	buf_addf(&b, "%s %s\n", rq->method, rq->path);
	buf_add(&b, rq->body, rq->nbody);
	*n = b.len;
	return buf_detach(&b);
}

static struct once_entry **bucket_of(struct once *once, uint64_t hash)
{
	return &once->buckets[hash % BUCKETS];
}

static void unlink_entry(struct once *once, struct once_entry *e)
{
	struct once_entry **at = bucket_of(once, e->hash);
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	if (e->state == LOST)
		once->nlost--;
}

static void drop(struct once *once, struct once_entry *e)
{
	unlink_entry(once, e);
	if (e->waiting == 0)
		entry_free(e);
	else
		e->orphan = true; /* the last one that waits frees it */
}

static bool peer_gone(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};
	return fd < 0 || (poll(&p, 1, 0) > 0 &&
			     (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)));
}

/* Bytes that the client's system has not acknowledged; -1: not known. */
static int on_their_way(int fd)
{
	int left = 0;
	return fd >= 0 && ioctl(fd, SIOCOUTQ, &left) == 0 ? left : -1;
}

static bool is_ending(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       (info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_CLOSING ||
		   info.tcpi_state == TCP_LAST_ACK);
}

/*
 * The client's system has acknowledged all that was written.  The end of the connection
 * counts as a byte, too, and may be acknowledged while we look.
 */
static bool all_arrived(int fd)
{
	int left = on_their_way(fd);
	return left == 0 || (left == 1 && (is_ending(fd) || on_their_way(fd) == 0));
}

/* For an entry whose reply is there: the client may not have got it. */
static bool undelivered(const struct once_entry *e)
{
	return e->gone || (e->sent ? !all_arrived(e->fd) : peer_gone(e->fd));
}

static bool is_equal(
    const struct once_entry *e, uint64_t hash, const char *text, size_t n)
{
	return e->hash == hash && e->ntext == n && memcmp(e->text, text, n) == 0;
}

/* An equal request of which `e` is the first: does the new one repeat it? */
static bool is_repeat(const struct once_entry *e)
{
	switch (e->state) {
	case DOING:
		return peer_gone(e->fd);
	case ANSWERED:
		return e->reply.status != 0 && undelivered(e);
	case LOST:
		break;
	}
	return true;
}

/* The client has its reply: it does not ask for those of its earlier tries any more. */
static void forget_tries(struct once *once, const struct once_entry *got)
{
	struct once_entry *e = *bucket_of(once, got->hash), *next;
	for (; e; e = next) {
		next = e->next;
		if (e->arrival >= got->arrival || e->state == DOING ||
		    e->ntext != got->ntext || memcmp(e->text, got->text, e->ntext) != 0)
			continue;
		if (e->state == LOST)
			drop(once, e);
		else if (undelivered(e))
			e->reply.status = 0;
	}
}

static void forget_old(struct once *once)
{
	int64_t now = clock_mono_ms();
	for (size_t i = 0; i < BUCKETS && once->nlost > 0; i++)
		for (struct once_entry *e = once->buckets[i], *next; e; e = next) {
			next = e->next;
			if (e->state == LOST && now - e->lost_at > ONCE_KEEP_MS)
				drop(once, e);
		}
}

/* The client has its reply, whether or not its connection was closed meanwhile. */
static bool has_reply(const struct once_entry *e)
{
	return e->state != DOING && e->sent && !e->gone && e->reply.status != 0 &&
	       all_arrived(e->fd);
}

/* What has arrived after all, and what was asked for in vain before it. */
static void forget_arrived_in(struct once *once, struct once_entry *const *bucket)
{
	struct once_entry *e = *bucket;
	while (e) {
		bool lost = e->state == LOST;
		if (!has_reply(e)) {
			e = e->next;
			continue;
		}
		forget_tries(once, e);
		if (lost)
			drop(once, e);
		e = lost ? *bucket : e->next;
	}
}

/* Of requests equal to the one with this hash also where no connection was closed yet. */
static void forget_arrived(struct once *once, uint64_t hash)
{
	forget_arrived_in(once, bucket_of(once, hash));
	for (size_t i = 0; i < BUCKETS && once->nlost > 0; i++)
		forget_arrived_in(once, &once->buckets[i]);
}

static void forget_oldest(struct once *once)
{
	struct once_entry *oldest = NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct once_entry *e = once->buckets[i]; e; e = e->next)
			if (e->state == LOST && (!oldest || e->lost_at < oldest->lost_at))
				oldest = e;
	if (oldest)
		drop(once, oldest);
}

static struct once_entry *find(
    struct once *once, uint64_t hash, const char *text, size_t n)
{
	struct once_entry *e = *bucket_of(once, hash);
	for (; e; e = e->next)
		if (is_equal(e, hash, text, n) && is_repeat(e))
			return e;
	return NULL;
}

static void wake_in(struct timespec *t, int ms)
{
	clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_nsec += ms * 1000000L;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

/*
 * The reply of an entry, which may still be on its way.  false: there is none, since it was
 * refused or takes too long; then the repeat is done on its own.
 */
static bool wait_for(struct once *once, struct once_entry *e, struct once_reply *reply)
{
	int64_t until = clock_mono_ms() + WAIT_MS;
	bool have;
	e->waiting++;
	while (e->state == DOING && !e->orphan && clock_mono_ms() < until) {
		struct timespec t;
		wake_in(&t, WAKE_MS);
		pthread_cond_timedwait(&once->done, &once->lock, &t);
	}
	have = e->reply.status != 0;
	if (have) {
		reply->status = e->reply.status;
		reply->content_type = e->reply.content_type;
		buf_add(&reply->body, e->reply.body.s, e->reply.body.len);
	}
	if (--e->waiting == 0 && e->orphan)
		entry_free(e);
	return have;
}

/* ... and is from now on. */
static bool was_seen(struct once *once, uint64_t hash)
{
	for (size_t i = 0; i < ONCE_SEEN && i < once->nseen; i++)
		if (once->seen[i] == hash)
			return true;
	once->seen[once->nseen++ % ONCE_SEEN] = hash;
	return false;
}

static struct once_entry *add(
    struct once *once, uint64_t hash, uint64_t arrival, char *text, size_t n, int fd)
{
	struct once_entry *e = xcalloc(1, sizeof(*e)), **bucket = bucket_of(once, hash);
	*e = (struct once_entry){.next = *bucket,
	    .hash = hash,
	    .arrival = arrival,
	    .text = text,
	    .ntext = n,
	    .state = DOING,
	    .fd = fd,
	    .reply = {.body = BUF_INIT}};
	*bucket = e;
	return e;
}

static void keep_reply(struct once_entry *e, const struct once_reply *reply)
{
	e->state = ANSWERED;
	e->reply.status = reply->status;
	e->reply.content_type = reply->content_type;
	buf_add(&e->reply.body, reply->body.s, reply->body.len);
}

/* The client has left, with the reply or without: it is just being written. */
static bool is_open(const struct once_entry *e)
{
	return e->state == ANSWERED && !e->sent && !e->gone && peer_gone(e->fd);
}

/* Until it is known of all equal ones whether their replies arrived. */
static void wait_for_sent(struct once *once, uint64_t hash, const char *text, size_t n)
{
	int64_t until = clock_mono_ms() + SEND_MS;
	struct once_entry *e = *bucket_of(once, hash);
	while (e && clock_mono_ms() < until) {
		struct timespec t;
		if (!is_equal(e, hash, text, n) || e->fd < 0 || !is_open(e)) {
			e = e->next;
			continue;
		}
		e->waiting++;
		wake_in(&t, WAKE_MS);
		pthread_cond_timedwait(&once->done, &once->lock, &t);
		if (--e->waiting == 0 && e->orphan)
			entry_free(e);
		e = *bucket_of(once, hash); /* others may have come and gone */
	}
}

bool once_begin(struct once *once, const struct once_request *rq,
    struct once_entry **entry, bool *first, struct once_reply *reply)
{
	struct once_entry *e;
	size_t n;
	char *text = whole_text(rq, &n);
	uint64_t hash = siphash(&once->key, text, n);
	uint64_t arrival;
	bool repeat;
	pthread_mutex_lock(&once->lock);
	arrival = ++once->arrivals;
	wait_for_sent(once, hash, text, n);
	forget_arrived(once, hash);
	forget_old(once);
	e = find(once, hash, text, n);
	repeat = e && wait_for(once, e, reply);
	*first = !repeat && !was_seen(once, hash);
	*entry = add(once, hash, arrival, text, n, rq->fd);
	if (repeat)
		keep_reply(*entry, reply); /* it may get lost again */
	pthread_mutex_unlock(&once->lock);
	return repeat;
}

bool once_begin_now(struct once *once, const struct once_request *rq,
    struct once_entry **entry, bool *first)
{
	size_t n;
	char *text = whole_text(rq, &n);
	uint64_t hash = siphash(&once->key, text, n);
	bool alone = true;
	pthread_mutex_lock(&once->lock);
	for (struct once_entry *e = *bucket_of(once, hash); e && alone; e = e->next)
		alone = !is_equal(e, hash, text, n);
	if (alone) {
		*first = !was_seen(once, hash);
		*entry = add(once, hash, ++once->arrivals, text, n, rq->fd);
	} else {
		free(text);
	}
	pthread_mutex_unlock(&once->lock);
	return alone;
}

void once_answered(
    struct once *once, struct once_entry *e, const struct once_reply *reply)
{
	pthread_mutex_lock(&once->lock);
	e->gone = peer_gone(e->fd);
	e->state = ANSWERED;
	if (reply->status < 400)
		keep_reply(e, reply);
	pthread_cond_broadcast(&once->done);
	pthread_mutex_unlock(&once->lock);
}

void once_sent(struct once *once, struct once_entry *e)
{
	pthread_mutex_lock(&once->lock);
	e->sent = true;
	pthread_cond_broadcast(&once->done);
	pthread_mutex_unlock(&once->lock);
}

/*
 * A client that wants its connection closed has its reply a moment after that: a
 * descriptor by which this is seen.
 */
static int stay(const struct once_entry *e)
{
	return e->sent && !e->gone && e->fd >= 0 ? fcntl(e->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

void once_over(struct once *once, struct once_entry *e)
{
	pthread_mutex_lock(&once->lock);
	if (e->reply.status != 0 && (!e->sent || undelivered(e))) {
		e->fd = stay(e);
		e->state = LOST;
		e->lost_at = clock_mono_ms();
		if (++once->nlost > ONCE_LOST)
			forget_oldest(once);
	} else {
		if (e->sent)
			forget_tries(once, e);
		drop(once, e);
	}
	pthread_cond_broadcast(&once->done);
	pthread_mutex_unlock(&once->lock);
}
