/* SPDX-License-Identifier: MIT */
#include "env/tar.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

enum {
	BLOCK = 512,
	PENDING_MAX = 256 * 1024,
	TIME = 315619200, /* 1980-01-02 */
};

/* What ustar's fields can hold. */
#define NAME_MAX_USTAR 100
#define SIZE_MAX_USTAR ((uint64_t)8 << 30)

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

void tar_init(struct tar *t, int fd)
{
	t->fd = fd;
	t->pending = (struct buf)BUF_INIT;
	sha256_init(&t->hash);
}

void tar_release(struct tar *t)
{
	buf_release(&t->pending);
}

static int flush(struct tar *t, struct err *err)
{
	if (fd_write_all(t->fd, t->pending.s, t->pending.len) < 0)
		return err_sys(err, errno, "cannot write an archive of the project");
	buf_clear(&t->pending);
	return 0;
}

int tar_data(struct tar *t, const void *data, size_t n, struct err *err)
{
	sha256_add(&t->hash, data, n);
	if (t->fd < 0)
		return 0;
	buf_add(&t->pending, data, n);
	return t->pending.len < PENDING_MAX ? 0 : flush(t, err);
}

int tar_pad(struct tar *t, uint64_t size, struct err *err)
{
	static const char zeros[BLOCK];
	size_t part = size % BLOCK;
	return part ? tar_data(t, zeros, BLOCK - part, err) : 0;
}

/* n - 1 octal digits and a NUL. */
static void put_octal(char *field, size_t n, uint64_t value)
{
	field[--n] = '\0';
	while (n) {
		field[--n] = (char)('0' + value % 8);
		value /= 8;
	}
}

static void put_sum(struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;
	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_octal(h->sum, 7, sum);
}

/* Fields that are too short for their text are cut: a header before it has it whole. */
static int put_header(struct tar *t, char type, const char *name, mode_t mode,
    uint64_t size, const char *link, struct err *err)
{
	struct header h = {.type = type, .magic = "ustar", .version = {'0', '0'}};
	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	put_octal(h.mode, sizeof(h.mode), mode & 07777);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), size < SIZE_MAX_USTAR ? size : 0);
	put_octal(h.mtime, sizeof(h.mtime), TIME);
	put_sum(&h);
	return tar_data(t, &h, sizeof(h), err);
}

/* "<length of all this> name=value\n" */
static void put_record(struct buf *b, const char *name, const char *value)
{
	size_t rest = strlen(name) + strlen(value) + 3, len = rest;
	char digits[24];
	for (;;) {
		size_t n = (size_t)snprintf(digits, sizeof(digits), "%zu", len);
		if (len == rest + n)
			break;
		len = rest + n;
	}
	buf_addf(b, "%s %s=%s\n", digits, name, value);
}

static int put_long(
    struct tar *t, const char *name, uint64_t size, const char *link, struct err *err)
{
	auto_buf b = BUF_INIT;
	char digits[24];
	if (strlen(name) > NAME_MAX_USTAR)
		put_record(&b, "path", name);
	if (strlen(link) > NAME_MAX_USTAR)
		put_record(&b, "linkpath", link);
	if (size >= SIZE_MAX_USTAR) {
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)size);
		put_record(&b, "size", digits);
	}
	if (!b.len)
		return 0;
	if (put_header(t, 'x', "pax", 0644, b.len, "", err) < 0 ||
	    tar_data(t, b.s, b.len, err) < 0)
		return -1;
	return tar_pad(t, b.len, err);
}

int tar_entry(struct tar *t, const char *name, mode_t mode, uint64_t size,
    const char *link, struct err *err)
{
	char type = S_ISDIR(mode) ? '5' : S_ISLNK(mode) ? '2' : '0';
	if (!link)
		link = "";
	if (put_long(t, name, size, link, err) < 0)
		return -1;
	return put_header(t, type, name, mode, size, link, err);
}

int tar_file(struct tar *t, const char *name, const char *text, struct err *err)
{
	size_t n = strlen(text);
	if (tar_entry(t, name, S_IFREG | 0644, n, NULL, err) < 0 ||
	    tar_data(t, text, n, err) < 0)
		return -1;
	return tar_pad(t, n, err);
}

int tar_end(struct tar *t, struct err *err)
{
	static const char zeros[2 * BLOCK];
	if (tar_data(t, zeros, sizeof(zeros), err) < 0)
		return -1;
	return t->fd < 0 ? 0 : flush(t, err);
}
