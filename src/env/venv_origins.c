/* SPDX-License-Identifier: MIT */
/*
 * venv_origins.c -- direct_url.json, in which installers note where a package is from: they
 * leave out a password, but not what is secret in the query (declared in venv_build.h).
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "env/venv_build.h"

enum { ORIGIN_MAX = 1 << 20 };

static int mask_file(const char *path, struct err *err)
{
	auto_buf text = BUF_INIT, masked = BUF_INIT;
	if (!path_exists(path))
		return 0;
	if (file_read(path, ORIGIN_MAX, &text, err) < 0)
		return -1;
	url_mask(&masked, text.s);
	if (strcmp(masked.s, text.s) == 0)
		return 0;
	return file_write(path, masked.s, masked.len, 0666, err);
}

/* Of all packages in a site-packages. */
static int mask_in(struct arena *a, const char *dir, struct err *err)
{
	static const char info[] = ".dist-info";
	auto_dir d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name), k = sizeof(info) - 1;
		const char *in = path_join(a, dir, e->d_name);
		if (n > k && strcmp(e->d_name + n - k, info) == 0 &&
		    mask_file(path_join(a, in, "direct_url.json"), err) < 0)
			return -1;
	}
	return 0;
}

int venv_mask_origins(struct arena *a, const char *venv, struct err *err)
{
	const char *lib = path_join(a, venv, "lib");
	auto_dir d = opendir(lib);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		const char *python = path_join(a, lib, e->d_name);
		if (e->d_name[0] != '.' &&
		    mask_in(a, path_join(a, python, "site-packages"), err) < 0)
			return -1;
	}
	return 0;
}
