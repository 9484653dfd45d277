/* SPDX-License-Identifier: MIT */
/* docker_end.c -- what became of a command in a container (declared in docker.h). */
#include <signal.h>

#include "base/clock.h"
#include "env/docker.h"

enum { SIGNALLED = 128, ASK_MS = 10 * 1000 };

static const char removed[] = "the container was removed while the command ran";

static void put_bytes(struct buf *out, int64_t n)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	size_t u = 0;
	for (; u < 4 && n >= 1024 && n % 1024 == 0; u++)
		n /= 1024;
	buf_addf(out, "%lld %s", (long long)n, units[u]);
}

static void judge_memory(
    struct env *e, const cJSON *container, bool killed, struct outcome *o)
{
	int64_t limit = json_int(json_get(container, "HostConfig"), "Memory", 0);
	auto_buf text = BUF_INIT;
	if (!killed)
		buf_adds(&text, "one of its processes was killed, as memory ran out");
	if (limit > 0) {
		buf_addf(&text, "%sthe limit is ", text.len ? "; " : "");
		put_bytes(&text, limit);
	} else if (killed) {
		buf_adds(&text, "no limit was set: the machine had no more");
	}
	if (killed)
		o->exit.kind = EXIT_OOM;
	o->detail = arena_strdup(e->want.a, text.s);
}

/* Somebody else has killed it, says the engine. */
static const char *killed_by_others(struct env *e, const struct docker *d)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf body = BUF_INIT;
	auto_buf filter = BUF_INIT;
	int64_t now = clock_now_ms();
	int status = 0;
	if (!d->engine.socket)
		return NULL;
	buf_addf(&filter, "{\"container\":[\"%s\"],\"event\":[\"kill\"]}", d->name);
	/* until now: the engine would wait for what lies ahead */
	buf_addf(&path,
	    "/events?since=%lld&until=%lld.%03lld000000&filters=", (long long)d->since_s,
	    (long long)(now / 1000), (long long)(now % 1000));
	engine_quote(&path, filter.s);
	if (engine_request(&d->engine, "GET", path.s, ASK_MS, &status, &body, &ignored) <
		0 ||
	    status != 200 || body.len == 0)
		return NULL;
	return arena_printf(e->want.a, "the container was stopped from outside (%s kill)",
	    engine_word(&d->engine));
}

/* The engine's words for "no such command", without its stack of wrappings. */
static const char *start_error(struct env *e, const char *text)
{
	const char *at = strstr(text, "exec: ");
	char *copy = arena_strdup(e->want.a, at ? at : text);
	size_t n = strlen(copy);
	if (n > 9 && strcmp(copy + n - 9, ": unknown") == 0)
		copy[n - 9] = '\0';
	return copy;
}

static void judge_never(struct env *e, struct docker *d, const cJSON *state,
    struct outcome *o, struct err *why)
{
	const char *text = json_str(state, "Error");
	int code = (int)json_int(state, "ExitCode", 125);
	o->exit = (struct exit_status){.kind = EXIT_NEVER, .code = code ? code : 125};
	if (o->stop_signal || why->code)
		return;
	if (text && strstr(text, "exec: \"sh\"")) {
		err_set(why, ERR_FAIL, "the image %s has no shell", d->image.uri);
		err_hint(why, "name an image that has sh");
	} else {
		err_set(why, ERR_FAIL, "%s",
		    text && *text ? start_error(e, text)
				  : "the container was not started");
	}
}

/* Its exit code is the command's, whatever the attached program made of it. */
static void judge_exit(struct env *e, struct docker *d, const cJSON *j,
    const cJSON *state, struct outcome *o)
{
	const char *status = json_str(state, "Status");
	int code = (int)json_int(state, "ExitCode", 0);
	bool oom = json_bool(state, "OOMKilled", false);
	if (o->exit.kind == EXIT_TIMEOUT || o->stop_signal)
		return;
	o->exit = (struct exit_status){.kind = EXIT_EXITED, .code = code};
	if (code != 0 && oom)
		judge_memory(e, j, code == SIGNALLED + SIGKILL, o);
	else if (status && strcmp(status, "removing") == 0)
		o->detail = removed;
	else if (code > SIGNALLED)
		o->detail = killed_by_others(e, d);
}

static bool never_started(const cJSON *state)
{
	const char *at = json_str(state, "StartedAt");
	return at && strncmp(at, "0001-", 5) == 0;
}

static void judge_lost(struct env *e, const struct err *said, struct outcome *o)
{
	if (o->stop_signal || o->exit.kind == EXIT_TIMEOUT)
		return;
	o->detail =
	    said->code == ERR_NOTFOUND
		? "the container was removed while the command ran"
		: arena_printf(e->want.a,
		      "the engine went away while the command ran: %s", said->msg);
}

void docker_judge(struct env *e, struct docker *d, struct outcome *o, struct err *why)
{
	struct err said = ERR_INIT;
	auto_json j = engine_inspect(&d->engine, "container", d->name, &said);
	const cJSON *state = json_get(j, "State");
	if (!j) {
		judge_lost(e, &said, o);
		return;
	}
	if (never_started(state))
		judge_never(e, d, state, o, why);
	else if (!json_bool(state, "Running", false))
		judge_exit(e, d, j, state, o);
	else if (!o->stop_signal && o->exit.kind != EXIT_TIMEOUT)
		o->detail = "what was attached to the container has ended before it";
}
