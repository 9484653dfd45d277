/* SPDX-License-Identifier: MIT */
#include "base/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/file.h"

enum {
	DEPTH_MAX = 200, /* each level holds a directory open */
	FILE_MAX = 512 * 1024 * 1024,
	BOOT_MAX = 64,
	WAIT_NS = 1000 * 1000,
	WAITS = 50,
};

static const char magic[16] = "mlp-snapshot-1\n";

/* The file: one header, then each record with its path and a NUL.  Of this machine only. */
struct header {
	char magic[16];
	uint64_t record_size, records;
	char boot[BOOT_MAX];
};

struct record {
	uint64_t dev, ino, size;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns, mode, uid, gid;
	uint32_t entries; /* of a directory */
	uint32_t path_len;
	uint32_t near; /* its change time may be that of a change that comes after us */
	unsigned char hash[SNAPSHOT_HASH]; /* of a file that is near */
};

static int read_boot(char out[BOOT_MAX], struct err *err)
{
	auto_buf b = BUF_INIT;
	memset(out, 0, BOOT_MAX);
	if (file_read("/proc/sys/kernel/random/boot_id", BOOT_MAX - 1, &b, err) < 0)
		return -1;
	memcpy(out, b.s, b.len);
	return 0;
}

static void record_fill(struct record *r, const struct stat *st)
{
	memset(r, 0, sizeof(*r));
	r->dev = st->st_dev;
	r->ino = st->st_ino;
	r->size = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size;
	r->mtime_s = S_ISDIR(st->st_mode) ? 0 : st->st_mtim.tv_sec;
	r->mtime_ns = S_ISDIR(st->st_mode) ? 0 : (uint32_t)st->st_mtim.tv_nsec;
	r->ctime_s = st->st_ctim.tv_sec;
	r->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
	r->mode = st->st_mode;
	r->uid = st->st_uid;
	r->gid = st->st_gid;
}

/* ---- taking ---- */

struct taking {
	const struct snapshot_tree *t;
	struct buf out;
	struct buf path; /* below the root */
	uint64_t records;
	dev_t dev;
	struct timespec newest; /* change time */
	bool hash_all;
	struct err *err;
};

static int refuse(struct taking *k, const char *why)
{
	return err_set(k->err, ERR_FAIL, "'%s' in '%s' %s", k->path.s, k->t->root, why);
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Returns where the record is in k->out. */
static size_t add_record(struct taking *k, const struct stat *st)
{
	size_t at = k->out.len;
	struct record r;
	record_fill(&r, st);
	r.path_len = (uint32_t)k->path.len;
	buf_add(&k->out, &r, sizeof(r));
	buf_add(&k->out, k->path.s, k->path.len + 1);
	k->records++;
	if (k->path.len > 0 && is_later(&st->st_ctim, &k->newest))
		k->newest = st->st_ctim;
	return at;
}

static int take_dir(struct taking *k, int fd, int depth);

static int take_entry(struct taking *k, int dir, const char *name, int depth)
{
	auto_fd fd = -1;
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(k->err, errno, "cannot look at '%s'", k->path.s);
	if (k->t->skip && strcmp(name, k->t->skip) == 0 && !S_ISREG(st.st_mode))
		return refuse(k, "is a tree of its own");
	if (st.st_dev != k->dev)
		return refuse(k, "is on another file system");
	if (!S_ISDIR(st.st_mode)) {
		if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
			return refuse(k, "is no file");
		if (st.st_nlink != 1)
			return refuse(k, "has several names");
		add_record(k, &st);
		return 0;
	}
	if (depth == DEPTH_MAX)
		return refuse(k, "is too deep");
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(k->err, errno, "cannot open '%s'", k->path.s);
	return take_dir(k, steal_fd(&fd), depth + 1);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_skipped(const char *name, const char *skip, bool root)
{
	return is_dots(name) || (root && skip && strcmp(name, skip) == 0);
}

/* Takes over fd. */
static int take_dir(struct taking *k, int fd, int depth)
{
	auto_dir d = fdopendir(fd);
	struct dirent *e;
	struct stat st;
	size_t at, len = k->path.len;
	uint32_t entries = 0;
	if (!d || fstat(fd, &st) < 0) {
		if (!d)
			close(fd);
		return err_sys(k->err, errno, "cannot read '%s'", k->path.s);
	}
	at = add_record(k, &st);
	while ((e = readdir(d))) {
		int rc;
		if (is_skipped(e->d_name, k->t->skip, depth == 0))
			continue;
		entries++;
		buf_addf(&k->path, "%s%s", len ? "/" : "", e->d_name);
		rc = take_entry(k, fd, e->d_name, depth);
		buf_cut(&k->path, len);
		if (rc < 0)
			return -1;
	}
	memcpy(
	    k->out.s + at + offsetof(struct record, entries), &entries, sizeof(entries));
	return 0;
}

/* The clock that change times are taken from; a tick later they differ. */
static struct timespec wait_past(const struct timespec *newest)
{
	const struct timespec nap = {0, WAIT_NS};
	struct timespec now;
	for (int i = 0; i < WAITS; i++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (is_later(&now, newest))
			break;
		nanosleep(&nap, NULL);
	}
	return now;
}

/* Where only seconds are kept, two of them are the tick. */
static bool is_near(const struct record *r, const struct timespec *now)
{
	struct timespec changed = {r->ctime_s, r->ctime_ns};
	if (changed.tv_nsec == 0)
		changed.tv_sec += 2;
	return !is_later(now, &changed);
}

static int hash_file(
    const struct snapshot_tree *t, const char *path, unsigned char out[SNAPSHOT_HASH])
{
	auto_buf full = BUF_INIT;
	buf_addf(&full, "%s/%s", t->root, path);
	return t->hash ? t->hash(full.s, out) : -1;
}

static int mark_near(struct taking *k)
{
	struct timespec now = wait_past(&k->newest);
	struct record r;
	for (size_t at = sizeof(struct header); at < k->out.len;
	     at += sizeof(r) + r.path_len + 1) {
		const char *path = k->out.s + at + sizeof(r);
		memcpy(&r, k->out.s + at, sizeof(r));
		r.near = is_near(&r, &now) || (k->hash_all && S_ISREG(r.mode));
		if (!r.near)
			continue;
		if (S_ISLNK(r.mode) ||
		    (S_ISREG(r.mode) && hash_file(k->t, path, r.hash) < 0))
			return err_set(k->err, ERR_FAIL,
			    "'%s' in '%s' changed too recently", path, k->t->root);
		memcpy(k->out.s + at, &r, sizeof(r));
	}
	return 0;
}

static int put_file(const struct buf *text, const char *file, struct err *err)
{
	auto_fd fd =
	    open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, text->s, text->len) < 0) {
		err_sys(err, errno, "cannot write '%s'", file);
		unlink(file);
		return -1;
	}
	return 0;
}

/*
 * In memory (tmpfs, and an overlay may be of that), a page that was mapped and read can be
 * written to without a new change time.
 */
static bool stamps_mapped_writes(const char *root)
{
	struct statfs fs;
	return statfs(root, &fs) == 0 && fs.f_type != TMPFS_MAGIC &&
	       fs.f_type != OVERLAYFS_SUPER_MAGIC;
}

static int take_root(struct taking *k, struct header *h)
{
	struct stat st;
	auto_fd fd = open(k->t->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(k->err, errno, "cannot open '%s'", k->t->root);
	k->dev = st.st_dev;
	buf_add(&k->out, h, sizeof(*h));
	if (take_dir(k, steal_fd(&fd), 0) < 0 || mark_near(k) < 0)
		return -1;
	h->records = k->records;
	memcpy(k->out.s, h, sizeof(*h));
	return 0;
}

int snapshot_take(const struct snapshot_tree *t, const char *file, struct err *err)
{
	struct header h = {.record_size = sizeof(struct record)};
	struct taking k = {.t = t, .out = BUF_INIT, .path = BUF_INIT, .err = err};
	int rc;
	memcpy(h.magic, magic, sizeof(magic));
	k.hash_all = t->hash && !stamps_mapped_writes(t->root);
	if (!path_on_local_fs(t->root))
		return err_set(err, ERR_FAIL, "'%s' is on no local file system", t->root);
	if (read_boot(h.boot, err) < 0)
		return -1;
	rc = take_root(&k, &h);
	if (rc == 0)
		rc = put_file(&k.out, file, err);
	buf_release(&k.out);
	buf_release(&k.path);
	return rc;
}

/* ---- comparing ---- */

struct comparing {
	const struct snapshot_tree *t;
	int root; /* open */
};

/* Access controls, say, which files that are made in it would inherit. */
static bool has_attributes(int fd)
{
	char names[1024];
	ssize_t n = flistxattr(fd, names, sizeof(names));
	if (n < 0)
		return errno != ENOTSUP;
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1)
		if (strcmp(names + i, "security.selinux") != 0)
			return true;
	return false;
}

/*
 * All recorded entries are there, each looked at by itself: so the same number of them
 * means that there is no other.
 */
static bool has_entries(const struct comparing *c, const char *path, uint32_t expected)
{
	bool root = *path == '\0';
	int fd = openat(
	    c->root, root ? "." : path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	uint32_t n = 0;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(d)))
		if (!is_skipped(e->d_name, c->t->skip, root))
			n++;
	return n == expected && !has_attributes(fd);
}

static bool same_dir(const struct comparing *c, const struct record *was,
    const struct record *is, const char *path)
{
	struct record now = *is;
	bool touched =
	    was->near || now.ctime_s != was->ctime_s || now.ctime_ns != was->ctime_ns;
	now.ctime_s = was->ctime_s;
	now.ctime_ns = was->ctime_ns;
	now.entries = was->entries;
	return memcmp(&now, was, sizeof(now)) == 0 &&
	       (!touched || has_entries(c, path, was->entries));
}

static bool same_content(
    const struct comparing *c, const struct record *was, const char *path)
{
	unsigned char hash[SNAPSHOT_HASH];
	return !c->t->hash || (hash_file(c->t, path, hash) == 0 &&
				  memcmp(hash, was->hash, sizeof(hash)) == 0);
}

static bool is_same(const struct comparing *c, const struct record *was, const char *path)
{
	struct stat st;
	struct record is;
	if (fstatat(c->root, path, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
		return false;
	record_fill(&is, &st);
	is.path_len = was->path_len;
	is.near = was->near;
	if (S_ISDIR(is.mode))
		return same_dir(c, was, &is, path);
	memcpy(is.hash, was->hash, sizeof(is.hash));
	return st.st_nlink == 1 && memcmp(&is, was, sizeof(is)) == 0 &&
	       (!was->near || same_content(c, was, path));
}

static int broken(const char *file, struct err *err)
{
	return err_set(err, ERR_FAIL, "'%s' is no snapshot of ours", file);
}

static int check_header(
    const struct buf *text, struct header *h, const char *file, struct err *err)
{
	char boot[BOOT_MAX];
	if (text->len < sizeof(*h))
		return broken(file, err);
	memcpy(h, text->s, sizeof(*h));
	if (memcmp(h->magic, magic, sizeof(magic)) != 0 ||
	    h->record_size != sizeof(struct record))
		return broken(file, err);
	if (read_boot(boot, err) < 0)
		return -1;
	if (memcmp(boot, h->boot, sizeof(boot)) != 0)
		return err_set(
		    err, ERR_FAIL, "'%s' was made before this machine started", file);
	return 0;
}

static int compare_all(const struct comparing *c, const struct buf *text,
    const char *file, struct buf *where, struct err *err)
{
	struct header h;
	size_t at = sizeof(h);
	if (check_header(text, &h, file, err) < 0)
		return -1;
	for (uint64_t i = 0; i < h.records; i++) {
		struct record r;
		const char *path;
		if (text->len - at < sizeof(r))
			return broken(file, err);
		memcpy(&r, text->s + at, sizeof(r));
		path = text->s + at + sizeof(r);
		at += sizeof(r);
		if (text->len - at <= r.path_len ||
		    strnlen(path, r.path_len) != r.path_len || path[r.path_len] != '\0')
			return broken(file, err);
		at += r.path_len + 1;
		if (is_same(c, &r, path))
			continue;
		if (where)
			buf_adds(where, path);
		return 0;
	}
	return h.records > 0 ? 1 : broken(file, err);
}

int snapshot_compare(
    const struct snapshot_tree *t, const char *file, struct buf *where, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_fd root = open(t->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct comparing c = {.t = t, .root = root};
	if (root < 0)
		return err_sys(err, errno, "cannot open '%s'", t->root);
	if (file_read(file, FILE_MAX, &text, err) < 0)
		return -1;
	return compare_all(&c, &text, file, where, err);
}
