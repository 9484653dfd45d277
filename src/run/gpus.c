/* SPDX-License-Identifier: MIT */
#include "run/gpus.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/alloc.h"
#include "base/ask.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sigpoll.h"
#include "base/strvec.h"

enum { ASK_MS = 20 * 1000, INFORMATION_MAX = 64 << 10 };

static const char driver[] = "/proc/driver/nvidia/gpus";

/* ---- which there are ---- */

static const char *env_get(char *const *env, const char *name)
{
	size_t n = strlen(name);
	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* "0", "GPU-6a7b...", "MIG-...", "0:1": a word that can be the name of a file. */
static bool is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-_:.", s[i]))
			return false;
	return n > 0 && n <= 128 && s[0] != '.';
}

/* Words between commas, spaces and ends of lines; one that is no name ends them. */
static size_t split(struct arena *a, const char *text, struct gpu_known *out)
{
	size_t n = 0;
	while (n < GPUS_MOST) {
		size_t len;
		text += strspn(text, ", \t\r\n");
		len = strcspn(text, ", \t\r\n");
		if (!is_name(text, len))
			break;
		out[n++] = (struct gpu_known){arena_strndup(a, text, len), NULL};
		text += len;
	}
	return n;
}

/* "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c6f...)" */
size_t gpus_parse_listing(struct arena *a, const char *text, struct gpu_known *out)
{
	size_t n = 0;
	while (*text && n < GPUS_MOST) {
		const char *end = text + strcspn(text, "\n");
		const char *line = arena_strndup(a, text, (size_t)(end - text));
		const char *uuid = strstr(line, "(UUID: ");
		size_t len =
		    strncmp(line, "GPU ", 4) == 0 ? strspn(line + 4, "0123456789") : 0;
		if (len > 0 && line[4 + len] == ':') {
			out[n].name = arena_strndup(a, line + 4, len);
			out[n].uuid =
			    uuid ? arena_strndup(a, uuid + 7, strcspn(uuid + 7, ")"))
				 : NULL;
			n++;
		}
		text = *end ? end + 1 : end;
	}
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *read_uuid(struct arena *a, const char *bus)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *at;
	if (file_read(arena_printf(a, "%s/%s/information", driver, bus), INFORMATION_MAX,
		&text, &ignored) < 0)
		return NULL;
	at = strstr(text.s, "GPU UUID:");
	if (!at)
		return NULL;
	at += strlen("GPU UUID:");
	at += strspn(at, " \t");
	return arena_strndup(a, at, strcspn(at, " \t\n"));
}

/* The driver's own list: a directory for each, named by its place on the bus. */
static size_t ask_driver(struct arena *a, struct gpu_known *out)
{
	const char *buses[GPUS_MOST];
	auto_dir d = opendir(driver);
	struct dirent *e;
	size_t n = 0;
	while (d && (e = readdir(d)) && n < GPUS_MOST)
		if (e->d_name[0] != '.')
			buses[n++] = arena_strdup(a, e->d_name);
	if (n > 0)
		qsort(buses, n, sizeof(*buses), by_text);
	for (size_t i = 0; i < n; i++)
		out[i] =
		    (struct gpu_known){arena_printf(a, "%zu", i), read_uuid(a, buses[i])};
	return n;
}

static size_t ask_smi(const struct ctx *ctx, struct arena *a, struct gpu_known *out)
{
	const char *argv[] = {"nvidia-smi", "-L", NULL};
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	if (ask_tool(ctx->trace, (char *const *)argv, NULL, ASK_MS, &text, &ignored) < 0)
		return 0;
	return gpus_parse_listing(a, text.s, out);
}

static int ask_program(const struct ctx *ctx, struct arena *a, const char *path,
    struct gpu_known *out, size_t *n, struct err *err)
{
	const char *argv[] = {path, NULL};
	auto_buf text = BUF_INIT;
	if (ask_tool(ctx->trace, (char *const *)argv, NULL, ASK_MS, &text, err) < 0)
		return err_wrap(err, "MLP_GPUS");
	*n = split(a, text.s, out);
	return 0;
}

static bool is_meant(const struct gpu_known *g, const char *word)
{
	return strcmp(g->name, word) == 0 ||
	       (g->uuid && strncmp(word, "GPU-", 4) == 0 &&
		   strncmp(g->uuid, word, strlen(word)) == 0);
}

void gpus_limit(struct arena *a, const struct gpu_known *known, size_t n,
    const char *visible, struct gpus *out)
{
	struct gpu_known words[GPUS_MOST];
	size_t nwords = visible ? split(a, visible, words) : n;
	out->n = 0;
	for (size_t i = 0; i < nwords; i++) {
		size_t k = visible ? 0 : i;
		while (visible && k < n && !is_meant(&known[k], words[i].name))
			k++;
		if (k == n &&
		    n > 0) /* as CUDA has it: it and those behind it are not there */
			return;
		out->names[out->n++] = n > 0 ? known[k].name : words[i].name;
	}
}

int gpus_find(const struct ctx *ctx, struct arena *a, char *const *env, struct gpus *out,
    struct err *err)
{
	struct gpu_known known[GPUS_MOST];
	const char *given = env_get(env, "MLP_GPUS");
	size_t n = 0;
	memset(out, 0, sizeof(*out));
	out->of = env_get(env, "MLP_GPUS_OF");
	if (given && given[0] == '/') {
		if (ask_program(ctx, a, given, known, &n, err) < 0)
			return -1;
	} else if (given) {
		n = split(a, given, known);
	} else if ((n = ask_driver(a, known)) == 0) {
		n = ask_smi(ctx, a, known);
	}
	if (out->of && !is_name(out->of, strlen(out->of)))
		out->of = NULL;
	/* inside a run the outer one's are all that there is */
	if (given && n == 0)
		return 0;
	gpus_limit(
	    a, known, n, out->of ? NULL : env_get(env, "CUDA_VISIBLE_DEVICES"), out);
	return 0;
}

/* ---- having them ---- */

char *gpus_seat(const struct ctx *ctx, struct arena *a, const struct gpus *g, size_t i)
{
	return arena_printf(a, "%s/gpus/%s%s%s", ctx->state_dir, g->of ? g->of : "",
	    g->of ? "." : "", g->names[i]);
}

void gpus_release(struct gpus_held *h)
{
	for (size_t i = 0; i < h->n; i++)
		close(h->fd[i]);
	free(h->list);
	*h = (struct gpus_held){.n = 0};
}

int gpus_check(const struct ctx *ctx, const struct gpus *g, int want, struct err *err)
{
	if (want <= (int)g->n && g->n > 0 && ctx->state_dir)
		return 0;
	if (want < 0)
		err_set(err, ERR_FAIL, "it needs all GPUs, and there are none");
	else
		err_set(err, ERR_FAIL, "it needs %d GPU%s; there %s %zu", want,
		    want == 1 ? "" : "s", g->n == 1 ? "is" : "are", g->n);
	return err_hint(err, "CUDA_VISIBLE_DEVICES and MLP_GPUS say which may be used");
}

/* One after the other: two that want several never each get some. */
static int lock_all(const struct ctx *ctx, struct arena *a, struct err *err)
{
	const char *dir = path_join(a, ctx->state_dir, "gpus");
	auto_fd fd = -1;
	if (dir_make(dir, 0700, err) < 0)
		return -1;
	fd = open(path_join(a, dir, ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot write in '%s'", dir);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "cannot lock '%s'", dir);
	return steal_fd(&fd);
}

int gpus_take(const struct ctx *ctx, const struct gpus *g, int want,
    struct gpus_held *out, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf list = BUF_INIT;
	size_t need = want < 0 ? g->n : (size_t)want;
	auto_fd lock = -1;
	*out = (struct gpus_held){.n = 0};
	if (gpus_check(ctx, g, want, err) < 0 || (lock = lock_all(ctx, &a, err)) < 0)
		return -1;
	for (size_t i = 0; i < g->n && out->n < need; i++) {
		struct err why = ERR_INIT;
		int fd = seat_take(gpus_seat(ctx, &a, g, i), &why);
		if (fd < 0 && why.code != ERR_BUSY) {
			gpus_release(out);
			*err = why;
			return -1;
		}
		if (fd < 0)
			continue;
		buf_addf(&list, "%s%s", out->n ? "," : "", g->names[i]);
		out->fd[out->n++] = fd;
	}
	if (out->n == need) {
		out->list = xstrdup(list.s);
		return 0;
	}
	gpus_release(out);
	return err_set(err, ERR_BUSY, "other runs have the GPUs");
}

static bool is_interrupted(const struct ctx *ctx)
{
	return ctx->interrupted && *ctx->interrupted;
}

/* Until one that somebody has is free. */
static int await_one(const struct ctx *ctx, const struct gpus *g, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct watcher w[GPUS_MOST];
	struct pollfd p[GPUS_MOST];
	size_t n = 0;
	for (size_t i = 0; i < g->n; i++) {
		const char *path = gpus_seat(ctx, &a, g, i);
		if (!seat_is_taken(path) || seat_watch(&w[n], path, err) < 0)
			continue;
		p[n].fd = w[n].fd;
		p[n++].events = POLLIN;
	}
	while (n > 0 && sigpoll(ctx, p, n, -1) < 0 && !is_interrupted(ctx))
		;
	for (size_t i = 0; i < n; i++)
		watcher_end(&w[i]);
	err_clear(err);
	if (!is_interrupted(ctx))
		return 0;
	err_set(err, ERR_INTERRUPTED, "interrupted");
	err->sys = *ctx->interrupted;
	return -1;
}

int gpus_await(const struct ctx *ctx, const struct gpus *g, int want,
    struct gpus_held *out, struct err *err)
{
	bool told = false;
	while (gpus_take(ctx, g, want, out, err) < 0) {
		if (err->code != ERR_BUSY)
			return -1;
		err_clear(err);
		if (!told)
			ctx_say(ctx, SAY_INFO, "waiting for a GPU: other runs have %s",
			    g->n == 1 ? "it" : "them");
		told = true;
		if (await_one(ctx, g, err) < 0)
			return -1;
	}
	return 0;
}
