/* SPDX-License-Identifier: MIT */
#include "env/docker_argv.h"

#include "base/buf.h"

void docker_words_release(struct docker_words *w)
{
	strvec_release(&w->options);
	strvec_release(&w->env);
}

void docker_words_option(struct docker_words *w, const char *name, const char *value)
{
	strvec_push(&w->options, name);
	if (value)
		strvec_push(&w->options, value);
}

/* One field of a line of comma separated values. */
static void csv_field(struct buf *out, const char *key, const char *value)
{
	if (!strpbrk(value, ",\"\n\r")) {
		buf_addf(out, ",%s=%s", key, value);
		return;
	}
	buf_addf(out, ",\"%s=", key);
	for (; *value; value++) {
		if (*value == '"')
			buf_addc(out, '"');
		buf_addc(out, *value);
	}
	buf_addc(out, '"');
}

void docker_words_mount(
    struct docker_words *w, const char *source, const char *target, bool read_only)
{
	auto_buf to = BUF_INIT;
	auto_buf text = BUF_INIT;
	csv_field(&to, "target", target);
	for (size_t i = 0; i < w->options.n; i++) {
		const char *at = strstr(w->options.v[i], to.s);
		if (at && (at[to.len] == '\0' || at[to.len] == ','))
			return;
	}
	buf_adds(&text, "type=bind");
	csv_field(&text, "source", source);
	buf_adds(&text, to.s);
	if (read_only)
		buf_adds(&text, ",readonly");
	docker_words_option(w, "--mount", text.s);
}

void docker_words_setenv(struct docker_words *w, const char *name, const char *value)
{
	strvec_setenv(&w->env, name, value);
}

static bool is_arg(const struct docker_arg *a, const char *long_name, char letter)
{
	if (letter && a->name[0] == letter && a->name[1] == '\0')
		return true;
	return long_name && strcmp(a->name, long_name) == 0;
}

static const struct docker_arg *find_arg(
    const struct env_plan *p, const char *long_name, char letter)
{
	for (size_t i = p->nargs; i > 0; i--)
		if (is_arg(&p->args[i - 1], long_name, letter))
			return &p->args[i - 1];
	return NULL;
}

bool docker_has_arg(const struct env_plan *p, const char *long_name, char letter)
{
	return find_arg(p, long_name, letter) != NULL;
}

const char *docker_arg(const struct env_plan *p, const char *long_name, char letter)
{
	const struct docker_arg *a = find_arg(p, long_name, letter);
	return a ? a->value : NULL;
}

/* Those that mean something to us, or to nobody. */
static const struct refused {
	const char *name;
	char letter;
	const char *why;
} refused[] = {
    {"detach", 'd', "the run lasts as long as its container"},
    {"attach", 'a', "the output is kept by mlp"},
    {"detach-keys", 0, "the run lasts as long as its container"},
    {"sig-proxy", 0, "signals are for mlp, which stops the container"},
    {"restart", 0, "a run's command is started once"},
    {"cidfile", 0, "use -A name=..., or the label mlp.run=<run id>"},
    {"help", 0, "see docker run --help"},
};

int docker_args_check(const struct env_plan *p, struct err *err)
{
	const char *rm = docker_arg(p, "rm", 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused *r = &refused[i];
		if (!docker_has_arg(p, r->name, r->letter))
			continue;
		err_set(err, ERR_USAGE, "-A %s is not possible in a run", r->name);
		return err_hint(err, "%s", r->why);
	}
	if (rm && strcmp(rm, "true") != 0 && strcmp(rm, "1") != 0) {
		err_set(err, ERR_USAGE, "-A rm=%s is not possible in a run", rm);
		return err_hint(
		    err, "the container of a run is always removed at its end");
	}
	return 0;
}

/* `-A env=A=b`, `-A e=A`: a variable as any other, so that no value is in argv. */
static void add_env_arg(struct docker_words *w, const char *text)
{
	const char *eq = text ? strchr(text, '=') : NULL;
	auto_buf name = BUF_INIT;
	if (eq) {
		buf_add(&name, text, (size_t)(eq - text));
		docker_words_setenv(w, name.s, eq + 1);
	} else if (text && getenv(text)) {
		docker_words_setenv(w, text, getenv(text));
	}
}

void docker_words_add_args(struct docker_words *w, const struct env_plan *p)
{
	for (size_t i = 0; i < p->nargs; i++) {
		const struct docker_arg *a = &p->args[i];
		auto_buf word = BUF_INIT;
		if (is_arg(a, "rm", 0) || is_arg(a, "pull", 0))
			continue;
		if (is_arg(a, "env", 'e')) {
			add_env_arg(w, a->value);
			continue;
		}
		buf_addf(&word, "%s%s", a->name[1] ? "--" : "-", a->name);
		/* in one word: a flag takes its value no other way */
		if (a->value)
			buf_addf(&word, "%s%s", a->name[1] ? "=" : "", a->value);
		strvec_push(&w->options, word.s);
	}
}

/* Those, and no others. */
static void name_gpus(struct docker_words *w, const char *names, enum engine_kind kind)
{
	auto_buf text = BUF_INIT;
	if (kind == ENGINE_DOCKER) {
		buf_addf(&text, "\"device=%s\"", names);
		docker_words_option(w, "--gpus", text.s);
		return;
	}
	for (size_t n; *names; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		buf_clear(&text);
		buf_addf(&text, "nvidia.com/gpu=%.*s", (int)n, names);
		docker_words_option(w, "--device", text.s);
	}
}

static void limit_gpus(
    struct docker_words *w, const struct env_plan *p, enum engine_kind kind)
{
	int n = p->resources.gpus;
	char text[48];
	if (docker_has_arg(p, "gpus", 0) || docker_has_arg(p, "device", 0) ||
	    docker_has_arg(p, "runtime", 0))
		return;
	if (n == 0) { /* what an image says of itself must not give it one */
		docker_words_setenv(w, "NVIDIA_VISIBLE_DEVICES", "void");
		return;
	}
	if (p->gpus) {
		name_gpus(w, p->gpus, kind);
		return;
	}
	if (kind == ENGINE_DOCKER) {
		snprintf(text, sizeof(text), "%d", n);
		docker_words_option(w, "--gpus", n == GPUS_ALL ? "all" : text);
		return;
	}
	for (int i = 0; i < (n == GPUS_ALL ? 1 : n); i++) {
		snprintf(text, sizeof(text), "nvidia.com/gpu=%d", i);
		docker_words_option(
		    w, "--device", n == GPUS_ALL ? "nvidia.com/gpu=all" : text);
	}
}

void docker_words_limit(struct docker_words *w, const struct env_plan *p,
    enum engine_kind kind, long processors)
{
	const struct resources *r = &p->resources;
	bool all = processors > 0 && r->cpus > (double)processors;
	char text[48];
	if (r->cpus > 0 && !all && !docker_has_arg(p, "cpus", 0)) {
		snprintf(text, sizeof(text), "%g", r->cpus);
		docker_words_option(w, "--cpus", text);
	}
	if (r->memory_bytes > 0 && !docker_has_arg(p, "memory", 'm')) {
		snprintf(text, sizeof(text), "%lldb", (long long)r->memory_bytes);
		docker_words_option(w, "--memory", text);
	}
	limit_gpus(w, p, kind);
}
