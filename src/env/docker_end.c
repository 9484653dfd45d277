/* SPDX-License-Identifier: MIT */
/*
 * docker_end.c -- what became of a command in a container (declared in docker.h).
 *
 * Docker removes the container itself when it ends; what happened to it is in the engine's
 * last events, and is asked only where the command did not end well.  Podman's is still
 * there to be looked at.
 */
#include <signal.h>

#include "base/clock.h"
#include "env/docker.h"

enum {
	SIGNALLED = 128,
	NOT_MADE = 125,
	NO_SUCH = 127,
	ASK_MS = 10 * 1000,
	AGAIN_MS = 50,
	AGAIN_MOST = 10
};

/* What the engine says of a container. */
struct fate {
	bool known; /* it has heard of it */
	bool made, started, ended;
	bool oom;     /* the kernel has killed a process of it */
	bool stopped; /* somebody has sent it a signal: not we */
	bool gone;    /* somebody has removed it: not we */
	int code;
	const char *error; /* why it was not started, or NULL */
};

static void take_event(struct fate *f, const cJSON *event)
{
	const char *what = json_str(event, "Action"), *code;
	if (!what)
		return;
	f->known = true;
	f->made |= strcmp(what, "create") == 0;
	f->started |= strcmp(what, "start") == 0;
	f->oom |= strcmp(what, "oom") == 0;
	f->stopped |= strcmp(what, "kill") == 0;
	if (strcmp(what, "die") != 0)
		return;
	code = json_str(json_get(json_get(event, "Actor"), "Attributes"), "exitCode");
	f->ended = true;
	f->code = code ? atoi(code) : 0;
}

static int ask_events(struct docker *d, struct buf *text, struct err *err)
{
	auto_buf filter = BUF_INIT;
	auto_buf path = BUF_INIT;
	int64_t now = clock_now_ms();
	char since[32], until[32];
	int status = 0;
	/* until now: the engine would wait for what lies ahead */
	snprintf(since, sizeof(since), "%lld.%03lld", (long long)(d->since_ms / 1000),
	    (long long)(d->since_ms % 1000));
	snprintf(until, sizeof(until), "%lld.%03lld", (long long)(now / 1000),
	    (long long)(now % 1000));
	if (!d->engine.socket) {
		buf_addf(&filter, "label=" DOCKER_LABEL "=%s", d->run_id);
		return engine_ask(&d->engine,
		    (const char *[]){"events", "--since", since, "--until", until,
			"--filter", filter.s, "--format", "{{json .}}", NULL},
		    text, err);
	}
	/* its grammar is that of numbers with nine digits behind the point */
	buf_addf(&path, "/events?since=%s000000&until=%s000000&filters=", since, until);
	buf_addf(&filter, "{\"label\":[\"" DOCKER_LABEL "=%s\"]}", d->run_id);
	engine_quote(&path, filter.s);
	return engine_request(&d->engine, "GET", path.s, ASK_MS, &status, text, err);
}

static int fate_by_events(struct docker *d, struct fate *f, struct err *err)
{
	auto_buf text = BUF_INIT;
	if (ask_events(d, &text, err) < 0)
		return -1;
	for (char *rest = text.s, *line; (line = strsep(&rest, "\n"));) {
		struct err ignored = ERR_INIT;
		auto_json j = json_parse(line, strlen(line), "an event", &ignored);
		if (j)
			take_event(f, j);
	}
	/* it keeps a few hundred: what it has forgotten may be the start, too */
	f->started |= f->ended && !f->made;
	return 0;
}

static int fate_by_inspect(struct docker *d, struct fate *f, struct err *err)
{
	struct err why = ERR_INIT;
	auto_strvec ids = STRVEC_INIT;
	auto_json j = NULL;
	const cJSON *state;
	const char *since;
	if (docker_find(&d->engine, d->run_id, &ids, err) < 0)
		return -1;
	if (ids.n > 0)
		j = engine_inspect(&d->engine, "container", ids.v[0], &why);
	state = json_get(j, "State");
	since = json_str(state, "StartedAt");
	if (why.code && why.code != ERR_NOTFOUND) {
		*err = why;
		return -1;
	}
	f->gone = !j;
	f->known = j;
	f->started = since && strncmp(since, "0001-", 5) != 0;
	f->ended = f->started && !json_bool(state, "Running", false);
	f->oom = json_bool(state, "OOMKilled", false);
	f->code = (int)json_int(state, "ExitCode", 0);
	f->error = json_str(state, "Error")
		       ? arena_strdup(d->engine.a, json_str(state, "Error"))
		       : NULL;
	return 0;
}

static int ask_fate(struct docker *d, struct fate *f, struct err *err)
{
	memset(f, 0, sizeof(*f));
	return docker_removes_itself(d) ? fate_by_events(d, f, err)
					: fate_by_inspect(d, f, err);
}

static bool is_limited(const struct env_plan *p)
{
	return docker_arg(p, "memory", 'm') || p->resources.memory_bytes > 0;
}

static void put_limit(struct buf *out, const struct env_plan *p)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	const char *given = docker_arg(p, "memory", 'm');
	int64_t n = p->resources.memory_bytes;
	size_t u = 0;
	if (given) {
		buf_addf(out, "the limit is %s", given);
		return;
	}
	if (n == 0) {
		buf_adds(out, "no limit was set: the machine had no more");
		return;
	}
	for (; u < 4 && n % 1024 == 0; u++)
		n /= 1024;
	buf_addf(out, "the limit is %lld %s", (long long)n, units[u]);
}

/* A command that was not killed itself may have had its own way to end. */
static void judge_memory(struct env *e, struct outcome *o)
{
	auto_buf text = BUF_INIT;
	if (o->exit.code == SIGNALLED + SIGKILL)
		o->exit.kind = EXIT_OOM;
	else
		buf_adds(&text, "one of its processes was killed, as memory ran out; ");
	put_limit(&text, &e->want.plan->environment);
	o->detail = arena_strdup(e->want.a, text.s);
}

static bool is_killed(const struct outcome *o)
{
	return o->exit.kind == EXIT_EXITED && o->exit.code == SIGNALLED + SIGKILL;
}

/* A busy containerd loses the kernel's word when the container is removed before it looks. */
static void suspect_memory(struct env *e, struct outcome *o)
{
	auto_buf text = BUF_INIT;
	if (!is_killed(o) || !is_limited(&e->want.plan->environment))
		return;
	buf_adds(&text, "perhaps out of memory, which the engine does not say; ");
	put_limit(&text, &e->want.plan->environment);
	o->detail = arena_strdup(e->want.a, text.s);
}

/* The engine's words for "no such command", without its stack of wrappings. */
static const char *start_error(struct arena *a, const char *text)
{
	static const char tail[] = ": unknown";
	const char *at = strstr(text, "exec: ");
	char *copy;
	size_t n;
	if (strncmp(text, "docker: ", 8) == 0)
		text += 8;
	text = at ? at : text;
	n = strcspn(text, "\n");
	copy = arena_strndup(a, text, n);
	while (n > 0 && (copy[n - 1] == '.' || copy[n - 1] == ' '))
		copy[--n] = '\0';
	if (n >= sizeof(tail) - 1 && strcmp(copy + n - (sizeof(tail) - 1), tail) == 0)
		copy[n - (sizeof(tail) - 1)] = '\0';
	return copy;
}

/* What the engine said of it, for who wants to run it. */
static void say_never(
    struct env *e, struct docker *d, bool made, const char *text, struct err *why)
{
	if (strstr(text, "exec: \"sh\"")) {
		err_set(why, ERR_FAIL, "the image %s has no shell", d->image.uri);
		err_hint(why, "name an image that has sh");
		return;
	}
	err_set(why, ERR_FAIL, "the container %s: %s",
	    made ? "was not started" : "could not be made",
	    *text ? start_error(e->want.a, text) : "the engine does not say why");
	if (strstr(text, "capabilities: [[gpu]]"))
		err_hint(why, "the engine cannot give GPUs to containers: install the "
			      "NVIDIA Container Toolkit and restart it");
}

static void judge_never(struct env *e, struct docker *d, const struct fate *f,
    struct outcome *o, struct err *why)
{
	const char *text = f->error && *f->error ? f->error : o->stderr_tail;
	text = text ? text : "";
	o->exit = (struct exit_status){.kind = EXIT_NEVER,
	    .code = strstr(text, "executable file not found") ? NO_SUCH : NOT_MADE};
	say_never(e, d, f->known, text, why);
	if (o->stderr_tail) /* the engine's words, which are the reason now */
		o->stderr_tail[0] = '\0';
}

/* The program that was attached ended with the code of the command, or with its own. */
static void judge_fate(struct env *e, struct docker *d, const struct fate *f,
    struct outcome *o, struct err *why)
{
	bool unmade = !f->known && o->exit.code == NOT_MADE;
	if (f->ended && o->exit.kind == EXIT_EXITED)
		o->exit.code = f->code;
	if (f->gone && !unmade)
		o->detail = "the container was removed while the command ran";
	else if (unmade || (f->known && !f->started))
		judge_never(e, d, f, o, why);
	else if (docker_judge_init(e, d, o, why))
		return;
	else if (f->oom && o->exit.kind == EXIT_EXITED)
		judge_memory(e, o);
	else if (f->stopped)
		o->detail = arena_printf(e->want.a,
		    "the container was stopped from outside (%s kill, stop or rm)",
		    engine_word(&d->engine));
	else if (!f->ended)
		o->detail = "what was attached to the container has ended before it";
	else
		suspect_memory(e, o);
}

/* What the kernel has killed the engine may hear of a moment later. */
static bool may_be_late(const struct fate *f, const struct outcome *o)
{
	return is_killed(o) && !f->oom && !f->stopped && !f->gone;
}

void docker_judge(struct env *e, struct docker *d, struct outcome *o, struct err *why)
{
	struct timespec pause = {.tv_nsec = AGAIN_MS * 1000 * 1000};
	struct err said = ERR_INIT;
	struct fate f;
	if (o->stop_signal || o->exit.kind == EXIT_TIMEOUT ||
	    o->exit.kind == EXIT_NEVER ||
	    (o->exit.kind == EXIT_EXITED && o->exit.code == 0))
		return;
	for (int i = 0; ask_fate(d, &f, &said) == 0 && may_be_late(&f, o); i++) {
		if (i == AGAIN_MOST)
			break;
		nanosleep(&pause, NULL);
	}
	if (said.code)
		o->detail = arena_printf(e->want.a,
		    "the engine went away while the command ran: %s", said.msg);
	else
		judge_fate(e, d, &f, o, why);
}
