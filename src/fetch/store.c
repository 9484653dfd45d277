/* SPDX-License-Identifier: MIT */
#include "fetch/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "base/utf8.h"

enum { FACTS_MAX = 64 * 1024, NAME_LEN = 120 };

int slot_init(struct arena *a, const char *store, const char *key_text, struct slot *s,
    struct err *err)
{
	const char *dir = path_join(a, store, ".index"), *base;
	char key[DIGEST_HEX + 1];
	digest_text(key_text, key);
	base = path_join(a, dir, key);
	s->facts = arena_printf(a, "%s.json", base);
	s->lock = arena_printf(a, "%s.lock", base);
	s->shared = false;
	s->part = arena_printf(a, "%s.part", base);
	s->part_facts = arena_printf(a, "%s.part.json", base);
	return dir_make(dir, 0700, err);
}

const char *store_name(struct arena *a, const char *text)
{
	const char *path = strstr(text, "://"), *decoded;
	char *name;
	size_t n;
	path = path ? path + 3 + strcspn(path + 3, "/") : text;
	n = strcspn(path, path == text ? "" : "?#");
	name = arena_strndup(a, path, n);
	while (n > 1 && name[n - 1] == '/')
		name[--n] = '\0';
	decoded = path == text ? NULL : url_decode(a, name);
	name = arena_strdup(a, path_base(decoded ? decoded : name));
	n = strlen(name);
	if (n > NAME_LEN) /* the end says what kind of file it is */
		name += n - NAME_LEN;
	for (char *s = name; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '_';
	if (utf8_valid_prefix(name, strlen(name)) < strlen(name) || !*name ||
	    name[0] == '.')
		return arena_printf(a, "download%s", name[0] == '.' ? name : "");
	return name;
}

/* The size and time that it had when it was put there. */
static bool is_as_put(const char *path, const cJSON *facts)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == json_int(facts, "size", -1) &&
	       st.st_mtim.tv_sec == json_int(facts, "mtime", -1) &&
	       st.st_mtim.tv_nsec == json_int(facts, "mtime_nsec", -1);
}

static bool is_digest(const char *s)
{
	return s && strlen(s) == DIGEST_HEX &&
	       strspn(s, "0123456789abcdef") == DIGEST_HEX;
}

/* The same content under the name that is wanted now. */
static const char *named(
    struct arena *a, const char *dir, const char *have, const char *name)
{
	const char *wanted = path_join(a, dir, name);
	if (strcmp(have, name) == 0)
		return wanted;
	unlink(wanted);
	if (link(path_join(a, dir, have), wanted) == 0)
		return wanted;
	return path_join(a, dir, have);
}

/* A sweeper of the cache goes by the directory's time. */
static void touch(const char *dir)
{
	utimensat(AT_FDCWD, dir, NULL, 0);
}

static const char *copy_str(struct arena *a, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s ? arena_strdup(a, s) : NULL;
}

bool store_known(struct arena *a, const char *store, const struct slot *s,
    const char *name, struct content *out)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	auto_json j = NULL;
	const char *sha256, *have, *dir;
	if (file_read(s->facts, FACTS_MAX, &text, &ignored) < 0)
		return false;
	j = json_parse(text.s, text.len, s->facts, &ignored);
	sha256 = copy_str(a, j, "sha256");
	have = copy_str(a, j, "name");
	if (!is_digest(sha256) || !have || strchr(have, '/'))
		return false;
	dir = path_join(a, store, sha256);
	if (!is_as_put(path_join(a, dir, have), j))
		return false;
	out->sha256 = sha256;
	out->path = named(a, dir, have, name);
	out->marks.etag = copy_str(a, j, "etag");
	out->marks.modified = copy_str(a, j, "modified");
	touch(dir);
	return true;
}

static bool proves(const char *path, const char *sha256, struct meter *meter)
{
	auto_fd fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_digest d = DIGEST_INIT;
	struct err ignored = ERR_INIT;
	char hex[DIGEST_HEX + 1];
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	digest_start(&d);
	if (digest_add_file(&d, fd, "checking", meter, &ignored) < 0)
		return false;
	digest_hex(&d, hex);
	return strcmp(hex, sha256) == 0;
}

bool store_find(struct arena *a, const char *store, const char *sha256, const char *name,
    struct meter *meter, struct content *out)
{
	const char *dir = path_join(a, store, sha256), *have = NULL;
	auto_dir d = opendir(dir);
	struct dirent *e;
	while (d && !have && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    proves(path_join(a, dir, e->d_name), sha256, meter))
			have = arena_strdup(a, e->d_name);
	if (!have)
		return false;
	out->sha256 = arena_strdup(a, sha256);
	out->path = named(a, dir, have, name);
	out->marks.etag = out->marks.modified = NULL;
	touch(dir);
	return true;
}

int store_put(struct arena *a, const char *store, const char *part, int fd,
    const char *sha256, const char *name, struct meter *meter, struct content *out,
    struct err *err)
{
	const char *dir = path_join(a, store, sha256);
	if (store_find(a, store, sha256, name, meter, out)) {
		unlink(part);
		return 0;
	}
	out->sha256 = arena_strdup(a, sha256);
	out->path = path_join(a, dir, name);
	if (dir_make(dir, 0700, err) < 0)
		return -1;
	/* 0444: a command that writes to its input must not change that of others */
	if (fchmod(fd, 0444) < 0 || fsync(fd) < 0 || rename(part, out->path) < 0)
		return err_sys(err, errno, "cannot write '%s'", out->path);
	touch(dir);
	return 0;
}

void store_remember(const struct slot *s, const struct content *c)
{
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct stat st;
	if (lstat(c->path, &st) < 0)
		return;
	json_put_str(j, "sha256", c->sha256);
	json_put_str(j, "name", path_base(c->path));
	json_put_int(j, "size", st.st_size);
	json_put_int(j, "mtime", st.st_mtim.tv_sec);
	json_put_int(j, "mtime_nsec", st.st_mtim.tv_nsec);
	json_put_str(j, "etag", c->marks.etag);
	json_put_str(j, "modified", c->marks.modified);
	json_print(&text, j, false);
	file_write(s->facts, text.s, text.len, 0600, &ignored);
}
