/* SPDX-License-Identifier: MIT */
/* downloads.c -- files kept by their content, and what is known of their URLs. */
#include <fcntl.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "cache/sweep.h"

enum { FACTS_MAX = 64 * 1024 };

static const char kind[] = "download";

/* Runs that use it hold a shared lock on its directory. */
static void sweep_content(struct sweep *s, const char *dir)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int64_t used = sweep_time(dir);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		sweep_keep(s, kind, dir, used, sweep_in_use);
		return;
	}
	used = sweep_time(dir);
	if (used >= 0 && sweep_is_old(s, kind, dir, used))
		sweep_remove(s, kind, dir, used);
}

/* What is known of a URL is worth as much as the content that it had. */
static bool has_content(struct sweep *s, const char *facts, const char *store)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	auto_json j = NULL;
	const char *sha256;
	if (file_read(facts, FACTS_MAX, &text, &ignored) < 0)
		return false;
	j = json_parse(text.s, text.len, facts, &ignored);
	sha256 = json_str(j, "sha256");
	return sha256 && path_is_dir(path_join(s->a, store, sha256));
}

/* What has come so far, and what is known; under the URL's lock. */
static void sweep_key(struct sweep *s, const char *store, const char *lock)
{
	const char *base = arena_strndup(s->a, lock, strlen(lock) - strlen(".lock"));
	const char *part = arena_printf(s->a, "%s.part", base);
	const char *facts = arena_printf(s->a, "%s.json", base);
	int64_t used = sweep_time(part);
	struct err ignored = ERR_INIT;
	auto_fd fd = -1;
	if (lockfile_try(lock, false, &fd, &ignored) != 1) {
		if (used >= 0)
			sweep_keep(s, kind, part, used, sweep_in_use);
		return;
	}
	if (used >= 0 &&
	    (!sweep_is_old(s, kind, part, used) || !sweep_remove(s, kind, part, used)))
		return;
	sweep_unlink(s, arena_printf(s->a, "%s.part.json", base));
	if (has_content(s, facts, store))
		return;
	sweep_unlink(s, facts);
	sweep_unlink(s, lock);
}

void sweep_downloads(struct sweep *s)
{
	const char *dir = path_join(s->a, s->ctx->cache_dir, "downloads");
	const char *index = path_join(s->a, dir, ".index");
	for (const char *const *name = sweep_names(s, dir); *name; name++)
		if (strcmp(*name, ".index") != 0)
			sweep_content(s, path_join(s->a, dir, *name));
	for (const char *const *name = sweep_names(s, index); *name; name++)
		if (sweep_ends_in(*name, ".lock"))
			sweep_key(s, dir, path_join(s->a, index, *name));
}
