/* SPDX-License-Identifier: MIT */
#include "git/configenv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "git/config.h"

/*
 * libgit2 looks at its files again and again, so that the descriptor stays open as long as
 * we live; its number is fixed, so that there is one for all repositories.
 */
enum { SETTINGS_MAX = 1000, SETTINGS_FD = 9 };
#define SETTINGS_PATH "/proc/self/fd/9"

/* As a word in quotes of a file. */
static void add_quoted(struct buf *out, const char *s, size_t n)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			buf_adds(out, "\\n");
		else if (s[i] == '"' || s[i] == '\\')
			buf_addf(out, "\\%c", s[i]);
		else
			buf_addc(out, s[i]);
	}
	buf_addc(out, '"');
}

static bool is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return false;
	return n > 0;
}

/* "section.name", or "section.any text.name". */
static void add_setting(struct buf *out, const char *key, const char *value)
{
	const char *first = strchr(key, '.'), *last = strrchr(key, '.');
	if (!first || !is_plain(key, (size_t)(first - key)) ||
	    !is_plain(last + 1, strlen(last + 1)) || !isalpha((unsigned char)last[1]) ||
	    strchr(key, '\n'))
		return;
	buf_addf(out, "[%.*s", (int)(first - key), key);
	if (last > first) {
		buf_addc(out, ' ');
		add_quoted(out, first + 1, (size_t)(last - first - 1));
	}
	buf_addf(out, "]\n\t%s = ", last + 1);
	add_quoted(out, value, strlen(value));
	buf_addc(out, '\n');
}

static void collect(struct buf *out)
{
	auto_arena a = ARENA_INIT;
	const char *count = getenv("GIT_CONFIG_COUNT");
	long n = count ? strtol(count, NULL, 10) : 0;
	for (long i = 0; i < n && i < SETTINGS_MAX; i++) {
		const char *key = getenv(arena_printf(&a, "GIT_CONFIG_KEY_%ld", i));
		const char *value = getenv(arena_printf(&a, "GIT_CONFIG_VALUE_%ld", i));
		if (key && value)
			add_setting(out, key, value);
	}
}

/* They may be secrets: in memory alone. */
int configenv_start(struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_fd fd = -1;
	int rc = 0;
	if (!getenv("GIT_CONFIG_COUNT"))
		return 0;
	collect(&text);
	fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, text.s, text.len) < 0 ||
	    (fd != SETTINGS_FD && dup3(fd, SETTINGS_FD, O_CLOEXEC) < 0))
		rc = err_sys(err, errno, "cannot keep the settings of GIT_CONFIG_COUNT");
	if (fd == SETTINGS_FD)
		steal_fd(&fd);
	explicit_bzero(text.s, text.len);
	return rc;
}

static void take_file(
    git_config *config, git_repository *repo, git_config_level_t level, const char *file)
{
	git_config_add_file_ondisk(config, *file ? file : "/dev/null", level, repo, 1);
}

void configenv_apply(git_repository *repo)
{
	auto_git(config) config = NULL;
	const char *global = getenv("GIT_CONFIG_GLOBAL");
	const char *whole = getenv("GIT_CONFIG_SYSTEM");
	if (config_is_true(getenv("GIT_CONFIG_NOSYSTEM"), false))
		whole = "";
	if ((!global && !whole && !getenv("GIT_CONFIG_COUNT")) ||
	    git_repository_config(&config, repo) < 0)
		return;
	if (global) {
		take_file(config, repo, GIT_CONFIG_LEVEL_XDG, "");
		take_file(config, repo, GIT_CONFIG_LEVEL_GLOBAL, global);
	}
	if (whole)
		take_file(config, repo, GIT_CONFIG_LEVEL_SYSTEM, whole);
	if (getenv("GIT_CONFIG_COUNT"))
		take_file(config, repo, GIT_CONFIG_LEVEL_APP, SETTINGS_PATH);
	git_error_clear();
}
