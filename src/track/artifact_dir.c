/* SPDX-License-Identifier: MIT */
#include "track/artifact_dir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/urltext.h"
#include "base/utf8.h"

static bool is_drive(const char *s)
{
	return isalpha((unsigned char)s[0]) && s[1] == ':' &&
	       (s[2] == '/' || s[2] == '\\');
}

static void add_component(struct buf *b, const char *s, size_t n)
{
	if (b->len > 0)
		buf_addc(b, '/');
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			buf_addf(b, "%%%02X", (unsigned char)s[i]);
		else
			buf_addc(b, s[i]);
}

const char *artifact_path(struct arena *a, const char *text, struct err *err)
{
	auto_buf b = BUF_INIT;
	size_t len = strlen(text);
	if (text[0] == '/' || is_drive(text) || strchr(text, '#') || len >= PATH_MAX ||
	    utf8_valid_prefix(text, len) != len) {
		err_set(err, ERR_USAGE, "Invalid path");
		return NULL;
	}
	while (*text) {
		size_t n = strcspn(text, "/");
		if (n == 2 && memcmp(text, "..", 2) == 0) {
			err_set(err, ERR_USAGE, "Invalid path");
			return NULL;
		}
		if (n > 0 && !(n == 1 && *text == '.'))
			add_component(&b, text, n);
		text += n + (text[n] == '/');
	}
	return arena_strndup(a, b.s, b.len);
}

/* What follows `prefix`, or NULL. */
static const char *behind(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* Clients decode %XX in plain paths, too. */
static const char *local_path(struct arena *a, const char *uri)
{
	const char *path = behind(uri, "file://");
	path = url_decode_any(a, path ? path : uri);
	return path[0] == '/' ? path : NULL;
}

const char *artifact_place(struct arena *a, const struct artifact_dirs *dirs,
    const char *uri, const char **below)
{
	const char *path = behind(uri, "mlflow-artifacts:/"), *root = dirs->proxied;
	struct err err = ERR_INIT;
	if (path && (!root || *path == '/'))
		return NULL;
	if (!path) {
		root = local_path(a, dirs->root);
		path = local_path(a, uri);
		if (!root || !path || !(path = behind(path, root)) || *path != '/')
			return NULL;
	}
	*below = artifact_path(a, path + strspn(path, "/"), &err);
	return *below ? root : NULL;
}

static bool is_bad_path(int errnum)
{
	return errnum == ELOOP || errnum == EXDEV || errnum == ENAMETOOLONG ||
	       errnum == EINVAL;
}

static int by_name(const void *x, const void *y)
{
	const struct artifact_item *a = x, *b = y;
	return strcmp(a->name, b->name);
}

static bool take_item(
    struct arena *a, DIR *dir, const char *name, struct artifact_item *out)
{
	struct stat st;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strncmp(name, UPLOAD_PREFIX, strlen(UPLOAD_PREFIX)) == 0 ||
	    name[utf8_valid_prefix(name, strlen(name))] ||
	    fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return false; /* it could not be fetched either */
	*out = (struct artifact_item){
	    arena_strdup(a, name), S_ISDIR(st.st_mode), st.st_size};
	return true;
}

int artifact_items(struct arena *a, const char *root, const char *path,
    struct artifact_item **out, size_t *n, struct err *err)
{
	auto_fd top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = top < 0 ? -1 : beneath_dir(top, path, false);
	auto_dir dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	*out = NULL;
	*n = 0;
	if (!dir && is_bad_path(errno))
		return err_set(err, ERR_USAGE, "Invalid path");
	if (!dir && errno != ENOENT && errno != ENOTDIR)
		return err_sys(err, errno, "cannot list artifacts '%s'", path);
	while (dir && (e = readdir(dir))) {
		ARENA_GROW(a, *out, *n);
		*n += take_item(a, dir, e->d_name, &(*out)[*n]);
	}
	if (*n > 0)
		qsort(*out, *n, sizeof(**out), by_name);
	return 0;
}
