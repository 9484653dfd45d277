/* SPDX-License-Identifier: MIT */
#include "fetch/download.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "base/urltext.h"

enum { COPY_STEP = 64 * 1024 };

int download_check(const struct request *rq, const char *sha256, struct err *err)
{
	if (!rq->sha256 || strcmp(rq->sha256, sha256) == 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "its sha256 is %s, not %s: it has changed, or is not the file that is meant",
	    sha256, rq->sha256);
}

/* When its content was last asked for, on the clock that all processes share. */
static int64_t stamp_read(int lock)
{
	char text[32] = "";
	ssize_t n = pread(lock, text, sizeof(text) - 1, 0);
	return n > 0 ? strtoll(text, NULL, 10) : -1;
}

static void stamp_write(int lock, int64_t began)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%-24lld\n", (long long)began);
	(void)!pwrite(lock, text, (size_t)n, 0);
}

static bool asked_meanwhile(int lock, bool waited, int64_t since)
{
	int64_t stamp = stamp_read(lock);
	return waited && stamp >= since && stamp <= clock_mono_ms();
}

static void drop_part(const struct slot *s)
{
	unlink(s->part);
	unlink(s->part_facts);
}

static int take(struct arena *a, const struct request *rq, const struct slot *s,
    const char *name, struct http *h, struct content *out, struct err *err)
{
	auto_fd fd = h->fd;
	int rc = download_check(rq, h->sha256, err);
	if (rc == 0)
		rc = store_put(
		    a, rq->store, s->part, fd, h->sha256, name, h->meter, out, err);
	drop_part(s);
	if (rc < 0)
		return -1;
	out->marks = h->got;
	store_remember(s, out);
	return 0;
}

static int ask(struct arena *a, const struct request *rq, const struct slot *s,
    const char *name, bool archive, bool known, struct meter *meter, struct content *out,
    struct err *err)
{
	struct http h = {.a = a,
	    .by_etag = s->shared,
	    .rq = rq,
	    .meter = meter,
	    .part = s->part,
	    .part_facts = s->part_facts,
	    .archive = archive,
	    .fd = -1};
	if (known)
		h.known = out->marks;
	if (http_get(&h, err) < 0) {
		if (!h.unreachable || !known || download_check(rq, out->sha256, err) < 0)
			return -1;
		event_warning("%s; what was downloaded before is used", err->msg);
		err_clear(err);
		return 0;
	}
	if (!h.unchanged)
		return take(a, rq, s, name, &h, out, err);
	fd_close(&h.fd);
	drop_part(s);
	return download_check(rq, out->sha256, err);
}

static int not_here(struct err *err)
{
	err_set(err, ERR_NOTFOUND, "it is not in the cache");
	return err_hint(err, "--offline asks nobody: without it, it is downloaded");
}

static int not_recorded(struct err *err)
{
	err_set(err, ERR_FAIL, "*** stands for a secret that no record holds");
	return err_hint(err, "give the whole URL again: what is secret in it is used, "
			     "but not recorded");
}

/* A URL of a record: its server would only say that it is no good. */
static int make_do(
    const struct request *rq, bool known, const struct content *c, struct err *err)
{
	if (!known)
		return not_recorded(err);
	if (download_check(rq, c->sha256, err) < 0)
		return -1;
	event_warning("'%s': *** stands for a secret that no record holds; what was "
		      "downloaded before is used",
	    rq->shown);
	return 0;
}

/* What is there may do, or must; else the server is asked. */
static int look_or_ask(struct arena *a, const struct request *rq, const struct slot *s,
    bool archive, bool fresh, int lock, struct meter *meter, struct content *out,
    struct err *err)
{
	const char *name = store_name(a, rq->url);
	int64_t began = clock_mono_ms();
	bool known;
	int rc;
	if (rq->sha256 && store_find(a, rq->store, rq->sha256, name, meter, out))
		return 0;
	known = store_known(a, rq->store, s, name, out);
	if (known && (rq->offline || fresh))
		return download_check(rq, out->sha256, err);
	if (url_is_hidden(rq->url))
		return make_do(rq, known, out, err);
	if (rq->offline)
		return not_here(err);
	meter->touch = lock;
	rc = ask(a, rq, s, name, archive, known, meter, out, err);
	meter->touch = -1;
	if (rc == 0)
		stamp_write(lock, began);
	return rc;
}

static int from_url(struct arena *a, const struct request *rq, bool archive,
    struct meter *meter, struct content *out, struct err *err)
{
	int64_t asked = clock_mono_ms();
	bool waited = false, shared, fresh;
	const char *key = url_key(a, rq->url, &shared);
	struct slot s;
	auto_fd lock = -1;
	if (slot_init(a, rq->store, key, &s, err) < 0)
		return -1;
	lock = lockfile_take(s.lock, meter, &waited, err);
	if (lock < 0)
		return -1;
	s.shared = shared;
	fresh = !shared && asked_meanwhile(lock, waited, asked);
	return look_or_ask(a, rq, &s, archive, fresh, lock, meter, out, err);
}

static int copy(int from, int to, const struct request *rq, struct digest *d,
    struct meter *meter, struct err *err)
{
	char block[COPY_STEP];
	int64_t bytes = 0;
	for (;;) {
		ssize_t n = read(from, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read");
		if (n == 0)
			return 0;
		digest_add(d, block, (size_t)n);
		if (fd_write_all(to, block, (size_t)n) < 0)
			return err_sys(err, errno, "cannot copy it into '%s'", rq->store);
		bytes += n;
		event_progress(meter, "copying", 0, 0, bytes);
	}
}

static int copy_in(struct arena *a, const struct request *rq, const struct slot *s,
    struct meter *meter, struct content *out, struct err *err)
{
	auto_fd from = open(rq->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), to = -1;
	auto_digest d = DIGEST_INIT;
	char hex[DIGEST_HEX + 1];
	struct stat st;
	if (from < 0 || fstat(from, &st) < 0)
		return err_sys(err, errno, "cannot read");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAIL, "it is not a regular file");
	drop_part(s);
	to = open(s->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(err, errno, "cannot write '%s'", s->part);
	digest_start(&d);
	if (copy(from, to, rq, &d, meter, err) < 0)
		return -1;
	digest_hex(&d, hex);
	if (download_check(rq, hex, err) < 0)
		return -1;
	return store_put(
	    a, rq->store, s->part, to, hex, store_name(a, rq->path), meter, out, err);
}

static int from_path(struct arena *a, const struct request *rq, struct meter *meter,
    struct content *out, struct err *err)
{
	struct slot s;
	auto_fd lock = -1;
	bool waited = false;
	int rc;
	if (slot_init(a, rq->store, rq->path, &s, err) < 0)
		return -1;
	lock = lockfile_take(s.lock, meter, &waited, err);
	if (lock < 0)
		return -1;
	meter->touch = lock;
	rc = copy_in(a, rq, &s, meter, out, err);
	meter->touch = -1;
	drop_part(&s);
	return rc;
}

int download(struct arena *a, const struct request *rq, bool archive, struct meter *meter,
    struct content *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (rq->path)
		return from_path(a, rq, meter, out, err);
	return from_url(a, rq, archive, meter, out, err);
}
