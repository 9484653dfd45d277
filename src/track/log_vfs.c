/* SPDX-License-Identifier: MIT */
#include "track/log_vfs.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

enum {
	FRAME_HEAD = 24, /* https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
	ROOM = 64 << 10,
};

struct log_file {
	sqlite3_file base;
	sqlite3_int64 at;   /* where what waits begins in the file */
	sqlite3_int64 read; /* where the last read began; -1: it was not the last call */
	int len;	    /* of what waits */
	bool page_next;	    /* the last of it is a header */
	bool commits;	    /* ... of the last frame of a transaction */
	unsigned char *waits; /* ROOM bytes */
};

struct log_vfs {
	sqlite3_vfs base;
	sqlite3_vfs *os;
};

/* The operating system's file is behind ours. */
static sqlite3_file *inner(sqlite3_file *f)
{
	return (sqlite3_file *)((struct log_file *)f + 1);
}

static int write_now(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	return inner(f)->pMethods->xWrite(inner(f), from, n, at);
}

/* What cannot be written is given up, and with it the transaction. */
static int flush(sqlite3_file *f)
{
	struct log_file *lf = (struct log_file *)f;
	int len = lf->len;
	lf->len = 0;
	lf->page_next = false;
	lf->read = -1;
	return len > 0 ? write_now(f, lf->waits, len, lf->at) : SQLITE_OK;
}

static void add(struct log_file *lf, const void *from, int n, sqlite3_int64 at)
{
	if (lf->len == 0)
		lf->at = at;
	memcpy(lf->waits + lf->len, from, (size_t)n);
	lf->len += n;
	lf->read = -1;
}

static int take_head(sqlite3_file *f, const unsigned char *head, sqlite3_int64 at)
{
	struct log_file *lf = (struct log_file *)f;
	int rc = SQLITE_OK;
	if (at != lf->at + lf->len || lf->len + FRAME_HEAD > ROOM)
		rc = flush(f);
	if (rc != SQLITE_OK)
		return rc;
	add(lf, head, FRAME_HEAD, at);
	lf->page_next = true;
	lf->commits = head[4] || head[5] || head[6] || head[7];
	return SQLITE_OK;
}

static int take_page(sqlite3_file *f, const void *page, int n, sqlite3_int64 at)
{
	struct log_file *lf = (struct log_file *)f;
	int rc = SQLITE_OK;
	if (lf->len + n > ROOM)
		rc = flush(f);
	lf->page_next = false;
	if (rc != SQLITE_OK)
		return rc;
	if (n > ROOM)
		return write_now(f, page, n, at);
	add(lf, page, n, at);
	return lf->commits ? flush(f) : SQLITE_OK;
}

/*
 * A header that was read just now is an earlier one of this transaction whose checksum is
 * made anew: no page follows it.
 */
static int log_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	struct log_file *lf = (struct log_file *)f;
	int rc;
	if (n == FRAME_HEAD && at != lf->read)
		return take_head(f, from, at);
	if (lf->page_next && at == lf->at + lf->len)
		return take_page(f, from, n, at);
	rc = flush(f);
	return rc == SQLITE_OK ? write_now(f, from, n, at) : rc;
}

static int log_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	int rc = flush(f);
	((struct log_file *)f)->read = at;
	return rc == SQLITE_OK ? inner(f)->pMethods->xRead(inner(f), to, n, at) : rc;
}

static int log_close(sqlite3_file *f)
{
	int rc = flush(f), closed = inner(f)->pMethods->xClose(inner(f));
	sqlite3_free(((struct log_file *)f)->waits);
	return rc == SQLITE_OK ? closed : rc;
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = flush(f);
	return rc == SQLITE_OK ? inner(f)->pMethods->xTruncate(inner(f), size) : rc;
}

static int log_sync(sqlite3_file *f, int flags)
{
	int rc = flush(f);
	return rc == SQLITE_OK ? inner(f)->pMethods->xSync(inner(f), flags) : rc;
}

static int log_size(sqlite3_file *f, sqlite3_int64 *size)
{
	int rc = flush(f);
	return rc == SQLITE_OK ? inner(f)->pMethods->xFileSize(inner(f), size) : rc;
}

static int log_lock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xLock(inner(f), level);
}

static int log_unlock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xUnlock(inner(f), level);
}

static int log_locked(sqlite3_file *f, int *out)
{
	return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
}

static int log_control(sqlite3_file *f, int op, void *arg)
{
	return inner(f)->pMethods->xFileControl(inner(f), op, arg);
}

static int log_sector(sqlite3_file *f)
{
	return inner(f)->pMethods->xSectorSize(inner(f));
}

static int log_device(sqlite3_file *f)
{
	return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_locked,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_device,
};

static int log_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	sqlite3_vfs *os = ((struct log_vfs *)vfs)->os;
	struct log_file *lf = (struct log_file *)f;
	int rc;
	if (!(flags & SQLITE_OPEN_WAL))
		return os->xOpen(os, name, f, flags, out);
	*lf = (struct log_file){.read = -1, .waits = sqlite3_malloc(ROOM)};
	if (!lf->waits)
		return SQLITE_NOMEM;
	inner(f)->pMethods = NULL;
	rc = os->xOpen(os, name, inner(f), flags, out);
	if (rc == SQLITE_OK) {
		lf->base.pMethods = &log_methods;
		return SQLITE_OK;
	}
	if (inner(f)->pMethods)
		inner(f)->pMethods->xClose(inner(f));
	sqlite3_free(lf->waits);
	return rc;
}

/* SQLite keeps what is registered until the end. */
static bool log_register(const char *name)
{
	sqlite3_vfs *os = sqlite3_vfs_find(NULL);
	struct log_vfs *vfs = os ? sqlite3_malloc(sizeof(*vfs)) : NULL;
	if (!vfs)
		return false;
	*vfs = (struct log_vfs){.base = *os, .os = os};
	vfs->base.zName = name;
	vfs->base.szOsFile += (int)sizeof(struct log_file);
	vfs->base.xOpen = log_open;
	return sqlite3_vfs_register(&vfs->base, 0) == SQLITE_OK;
}

const char *log_vfs_name(void)
{
	static const char name[] = "mlp-log";
	sqlite3_mutex *once;
	bool there;
	if (sqlite3_initialize() != SQLITE_OK)
		return NULL;
	once = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);
	sqlite3_mutex_enter(once);
	there = sqlite3_vfs_find(name) || log_register(name);
	sqlite3_mutex_leave(once);
	return there ? name : NULL;
}
