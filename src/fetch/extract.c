/* SPDX-License-Identifier: MIT */
#include "fetch/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/quote.h"
#include "fetch/member.h"
#include "fetch/size.h"
#include "fetch/sniff.h"
#include "fetch/writer.h"

#define RATIO_FROM (INT64_C(64) << 20)

enum {
	MEMBERS_MAX = 1000 * 1000,
	RATIO_MAX = 1000,
	READ_STEP = 64 * 1024,
	PEEK_FILE_MAX = 1 << 20,
	PEEK_ALL_MAX = 16 << 20,
	PEEK_DIRS_MAX = 10000,
};

struct extraction {
	const struct request *rq;
	struct archive *ar;
	struct writer w;
	struct meter *meter;
	const char *what; /* for progress */
	size_t path_max;  /* longest path below dest that can still be used */
	int64_t archive_bytes;
	int64_t bytes, members; /* so far */
	int64_t peeked, dirs;
	size_t depth; /* of rq->subdir, and one more for a folder around everything */
	struct buf path, other;
	char name[256]; /* of the member, for messages */
};

static int lib_fail(struct extraction *x, struct err *err)
{
	const char *text = archive_error_string(x->ar);
	if (text && strcmp(text, "Unrecognized archive format") == 0)
		return err_set(err, ERR_FAIL,
		    "it is no zip or tar archive, or it is damaged or cut off");
	return err_set(err, ERR_FAIL, "it is damaged%s%s: %s", x->name[0] ? " at " : "",
	    x->name, text ? text : "no reason given");
}

static int refuse(struct extraction *x, const char *why, struct err *err)
{
	return err_set(err, ERR_FAIL, "member '%s' %s", x->name, why);
}

/* Bytes that come out, also where nobody wants them. */
static int count(struct extraction *x, int64_t n, struct err *err)
{
	x->bytes += n;
	if (x->bytes > x->rq->max)
		return size_refuse(-1, x->rq->max, err);
	if (x->bytes > RATIO_FROM && x->bytes / RATIO_MAX > x->archive_bytes)
		return err_set(err, ERR_FAIL,
		    "it unpacks to more than %d times its size: that is no honest "
		    "archive",
		    RATIO_MAX);
	event_progress(x->meter, x->what, x->members, 0, x->bytes);
	return 0;
}

static int write_at(int fd, const char *data, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t w = pwrite(fd, data, n, at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		data += w;
		at += w;
		n -= (size_t)w;
	}
	return 0;
}

/* The member's data into fd, or (-1) nowhere. */
static int take_data(struct extraction *x, int fd, int64_t *size, struct err *err)
{
	const void *data;
	size_t n;
	la_int64_t at;
	int rc;
	*size = 0;
	while ((rc = archive_read_data_block(x->ar, &data, &n, &at)) == ARCHIVE_OK) {
		if (at < *size || at > x->rq->max)
			return refuse(x, "has data in no possible order", err);
		/* a hole counts, too: it takes no room, but reading it takes time */
		if (count(x, at - *size + (int64_t)n, err) < 0)
			return -1;
		*size = at + (int64_t)n;
		if (fd >= 0 && x->rq->op == FETCH_PEEK && *size > PEEK_FILE_MAX)
			return refuse(x, "is larger than it says", err);
		if (fd >= 0 && write_at(fd, data, n, at) < 0)
			return err_sys(err, errno, "cannot write member '%s'", x->name);
	}
	return rc == ARCHIVE_EOF ? 0 : lib_fail(x, err);
}

static int put_file(struct extraction *x, struct archive_entry *e, struct err *err)
{
	auto_fd fd = writer_file(&x->w, x->path.s, archive_entry_perm(e), err);
	struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
	int64_t size, told = archive_entry_size(e);
	if (fd < 0 || take_data(x, fd, &size, err) < 0)
		return -1;
	/* a sparse file may end in a hole */
	if (archive_entry_size_is_set(e) && told > size) {
		if (count(x, told - size, err) < 0)
			return -1;
		if (ftruncate(fd, told) < 0)
			return err_sys(err, errno, "cannot write member '%s'", x->name);
	}
	if (archive_entry_mtime_is_set(e)) {
		times[1].tv_sec = archive_entry_mtime(e);
		times[1].tv_nsec = archive_entry_mtime_nsec(e);
		futimens(fd, times);
	}
	return 0;
}

static int put_symlink(struct extraction *x, struct archive_entry *e, struct err *err)
{
	const char *target = archive_entry_symlink(e);
	if (!target)
		return refuse(x, "is a link with a target that is not UTF-8", err);
	if (member_check_target(x->path.s, target, err) < 0)
		return -1;
	return writer_symlink(&x->w, x->path.s, target, err);
}

static int put_hardlink(struct extraction *x, const char *to, struct err *err)
{
	if (member_path(to, x->path_max, &x->other, err) < 0)
		return err_wrap(err, "hard link '%s'", x->name);
	return writer_link(&x->w, x->path.s, x->other.s, err);
}

static const char *refused_type(unsigned type)
{
	switch (type) {
	case AE_IFCHR:
	case AE_IFBLK:
		return "is a device";
	case AE_IFIFO:
		return "is a named pipe";
	case AE_IFSOCK:
		return "is a socket";
	default:
		return "is of an unknown kind";
	}
}

static int check_kind(struct extraction *x, struct archive_entry *e, struct err *err)
{
	unsigned type = archive_entry_filetype(e);
	if (archive_entry_is_encrypted(e))
		return refuse(x, "is encrypted", err);
	if (archive_entry_hardlink(e) || type == AE_IFREG || type == AE_IFDIR ||
	    type == AE_IFLNK)
		return 0;
	return refuse(x, refused_type(type), err);
}

static int put_whole(struct extraction *x, struct archive_entry *e, struct err *err)
{
	const char *to = archive_entry_hardlink(e);
	if (x->path.len == 0) /* the root itself: we made it */
		return 0;
	if (to)
		return put_hardlink(x, to, err);
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR:
		return writer_dir(&x->w, x->path.s, archive_entry_perm(e), err);
	case AE_IFLNK:
		return put_symlink(x, e, err);
	default:
		return put_file(x, e, err);
	}
}

static bool is_wanted(const char *path)
{
	const char *name = strrchr(path, '/'), *dot;
	name = name ? name + 1 : path;
	dot = strrchr(name, '.');
	return strncasecmp(name, "MLproject", 9) == 0 ||
	       (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0));
}

/* The directories that a subdirectory is looked for in. */
static int peek_dirs(struct extraction *x, bool is_dir, struct err *err)
{
	size_t n = 0;
	auto_buf dirs = BUF_INIT;
	for (size_t k = 0; k < x->depth && x->path.s[n]; k++) {
		size_t len = strcspn(x->path.s + n + (k > 0), "/") + (k > 0);
		if (x->path.s[n + len] == '\0' && !is_dir)
			break;
		n += len;
	}
	if (n == 0 || (x->w.at.len >= n && strncmp(x->w.at.s, x->path.s, n) == 0 &&
			  (x->w.at.s[n] == '\0' || x->w.at.s[n] == '/')))
		return 0;
	if (++x->dirs > PEEK_DIRS_MAX)
		return 0;
	buf_add(&dirs, x->path.s, n);
	return writer_dir(&x->w, dirs.s, 0700, err);
}

static int put_peek(struct extraction *x, struct archive_entry *e, struct err *err)
{
	unsigned type = archive_entry_filetype(e);
	const char *to = archive_entry_hardlink(e);
	int64_t size = archive_entry_size(e), ignored;
	bool wanted = is_wanted(x->path.s);
	if (peek_dirs(x, type == AE_IFDIR, err) < 0)
		return -1;
	if (wanted && type == AE_IFLNK)
		return put_symlink(x, e, err);
	if (wanted && to && is_wanted(to))
		return put_hardlink(x, to, err);
	if (to || type != AE_IFREG)
		return 0;
	if (wanted && size <= PEEK_FILE_MAX && x->peeked + size <= PEEK_ALL_MAX) {
		x->peeked += size;
		return put_file(x, e, err);
	}
	return take_data(x, -1, &ignored, err);
}

/* libarchive has no name where it cannot be written in UTF-8. */
static int take_name(struct extraction *x, struct archive_entry *e, struct err *err)
{
	const char *name = archive_entry_pathname(e);
	auto_buf shown = BUF_INIT;
	if (!name)
		return err_set(err, ERR_FAIL,
		    "member number %lld has a name that is not UTF-8",
		    (long long)x->members);
	quote_display(&shown, name, strlen(name));
	snprintf(x->name, sizeof(x->name), "%.250s", shown.s);
	return member_path(name, x->path_max, &x->path, err);
}

static int take_member(struct extraction *x, struct archive_entry *e, struct err *err)
{
	if (++x->members > MEMBERS_MAX)
		return err_set(err, ERR_FAIL, "it has more than %d members", MEMBERS_MAX);
	if (take_name(x, e, err) < 0 || check_kind(x, e, err) < 0 || count(x, 0, err) < 0)
		return -1;
	return x->rq->op == FETCH_PEEK ? put_peek(x, e, err) : put_whole(x, e, err);
}

static int take_all(struct extraction *x, struct err *err)
{
	struct archive_entry *e;
	int rc;
	while ((rc = archive_read_next_header(x->ar, &e)) == ARCHIVE_OK ||
	       rc == ARCHIVE_WARN)
		if (take_member(x, e, err) < 0)
			return -1;
	if (rc != ARCHIVE_EOF)
		return lib_fail(x, err);
	if (x->rq->op == FETCH_EXTRACT)
		event_progress(x->meter, x->what, x->members, x->members, x->bytes);
	return 0;
}

static int open_archive(struct extraction *x, int fd, struct err *err)
{
	char head[SNIFF_BYTES];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	struct stat st;
	if (n < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot read");
	if (!sniff_is_archive(sniff(head, (size_t)n)))
		return err_set(err, x->rq->sniff ? ERR_CONFLICT : ERR_FAIL,
		    "it is no zip or tar archive");
	x->archive_bytes = st.st_size;
	archive_read_support_format_tar(x->ar);
	/* by its directory alone: what lies between could say something else */
	archive_read_support_format_zip_seekable(x->ar);
	archive_read_support_filter_gzip(x->ar);
	archive_read_support_filter_bzip2(x->ar);
	archive_read_support_filter_xz(x->ar);
	archive_read_support_filter_zstd(x->ar);
	if (archive_read_open_fd(x->ar, fd, READ_STEP) != ARCHIVE_OK)
		return lib_fail(x, err);
	return 0;
}

static size_t subdir_depth(const char *subdir)
{
	size_t n = 1;
	for (const char *s = subdir ? subdir : ""; *s; s++)
		n += *s == '/';
	return n + (subdir && *subdir);
}

int extract(int archive_fd, const struct request *rq, const char *dest,
    struct meter *meter, struct err *err)
{
	struct extraction x = {.rq = rq,
	    .meter = meter,
	    .what = rq->op == FETCH_PEEK ? "reading the archive" : "extracting",
	    .path_max = PATH_MAX - 1 - strlen(dest) - 1,
	    .depth = subdir_depth(rq->subdir),
	    .path = BUF_INIT,
	    .other = BUF_INIT};
	auto_fd root = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = -1;
	if (root < 0)
		return err_sys(err, errno, "cannot open '%s'", dest);
	writer_init(&x.w, root);
	x.ar = archive_read_new();
	if (!x.ar)
		err_set(err, ERR_FAIL, "cannot start libarchive");
	else if (open_archive(&x, archive_fd, err) == 0)
		rc = take_all(&x, err);
	archive_read_free(x.ar);
	writer_release(&x.w);
	buf_release(&x.path);
	buf_release(&x.other);
	return rc;
}
