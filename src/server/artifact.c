/* SPDX-License-Identifier: MIT */
#include "server/artifact.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>

#include "base/beneath.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"

static bool is_bad_path(int errnum)
{
	return errnum == ELOOP || errnum == EXDEV || errnum == ENAMETOOLONG ||
	       errnum == EINVAL;
}

static bool is_missing(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR;
}

/* The directory of all artifacts; where there is none nothing was stored yet. */
static int open_root(const char *root)
{
	return open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void print_items(const struct artifact_item *v, size_t n, struct buf *out)
{
	auto_json j = cJSON_CreateObject();
	cJSON *files = n > 0 ? json_put_array(j, "files") : NULL;
	for (size_t i = 0; i < n; i++) {
		cJSON *f = json_put_object(files, NULL);
		json_put_str(f, "path", v[i].name);
		json_put_bool(f, "is_dir", v[i].is_dir);
		if (!v[i].is_dir && v[i].size > 0)
			json_put_int(f, "file_size", v[i].size);
	}
	json_print(out, j, false);
}

int artifact_list(
    struct arena *a, const char *root, const char *path, struct buf *out, struct err *err)
{
	struct artifact_item *v;
	size_t n;
	if (artifact_items(a, root, path, &v, &n, err) < 0)
		return -1;
	print_items(v, n, out);
	return 0;
}

int artifact_open(const char *root, const char *path, struct stat *st, struct err *err)
{
	auto_fd top = open_root(root);
	auto_fd fd =
	    top < 0 ? -1 : beneath_open(top, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && is_bad_path(errno))
		return err_set(err, ERR_USAGE, "Invalid path");
	if (fd < 0 && is_missing(errno))
		return err_set(err, ERR_NOTFOUND, "No such artifact: '%s'", path);
	if (fd < 0 || fstat(fd, st) < 0)
		return err_sys(err, errno, "cannot read artifact '%s'", path);
	if (S_ISDIR(st->st_mode))
		return err_set(err, ERR_USAGE,
		    "Artifact path refers to a directory, not a file: '%s'", path);
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_USAGE, "Invalid path");
	return steal_fd(&fd);
}

int artifact_remove(struct arena *a, const char *root, const char *path, struct err *err)
{
	const char *name = path_base(path), *slash = strrchr(path, '/');
	const char *above = slash ? arena_strndup(a, path, (size_t)(slash - path)) : "";
	auto_fd top = open_root(root);
	auto_fd dir = top < 0 ? -1 : beneath_dir(top, above, false);
	if (!*path)
		return err_set(err, ERR_USAGE, "Invalid path");
	if (dir >= 0 && tree_remove_at(dir, name) == 0)
		return 0;
	if (is_bad_path(errno))
		return err_set(err, ERR_USAGE, "Invalid path");
	if (dir < 0 && is_missing(errno))
		return 0;
	return err_sys(err, errno, "cannot delete artifact '%s'", path);
}

const char *artifact_type(const char *path)
{
	static const struct {
		const char *end, *type;
	} types[] = {{"png", "image/png"}, {"jpg", "image/jpeg"}, {"jpeg", "image/jpeg"},
	    {"gif", "image/gif"}, {"webp", "image/webp"}, {"svg", "image/svg+xml"},
	    {"pdf", "application/pdf"}, {"zip", "application/zip"},
	    {"gz", "application/gzip"}, {"html", "text/html"}, {"htm", "text/html"},
	    {"txt", "text/plain"}, {"log", "text/plain"}, {"err", "text/plain"},
	    {"cfg", "text/plain"}, {"conf", "text/plain"}, {"ini", "text/plain"},
	    {"py", "text/plain"}, {"md", "text/plain"}, {"csv", "text/plain"},
	    {"tsv", "text/plain"}, {"json", "text/plain"}, {"yaml", "text/plain"},
	    {"yml", "text/plain"}, {"toml", "text/plain"}, {"xml", "text/plain"}};
	const char *name = path_base(path), *dot = strrchr(name, '.');
	if (strcmp(name, "MLmodel") == 0 || strcmp(name, "MLproject") == 0)
		return "text/plain";
	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(dot + 1, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}
