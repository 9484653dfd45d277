/* SPDX-License-Identifier: MIT */
#include "flow/secrets.h"

#include "base/secret.h"

struct secrets {
	struct arena *a;
	const char **v;
	size_t n;
};

static void add(struct secrets *s, const char *value)
{
	if (!value || strlen(value) < SECRET_MIN)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], value) == 0)
			return;
	ARENA_GROW(s->a, s->v, s->n);
	s->v[s->n++] = value;
}

static void add_copies(struct secrets *s, const struct env_var *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!v[i].value && secret_name(v[i].name, strlen(v[i].name)))
			add(s, getenv(v[i].name));
}

/* -A env=NAME, -A e=NAME=VALUE */
static void add_args(struct secrets *s, const struct env_plan *p)
{
	for (size_t i = 0; i < p->nargs; i++) {
		const char *name = p->args[i].name, *value = p->args[i].value;
		size_t n = value ? strcspn(value, "=") : 0;
		if (n == 0 || (strcmp(name, "env") != 0 && strcmp(name, "e") != 0) ||
		    !secret_name(value, n))
			continue;
		add(s, value[n] == '=' ? value + n + 1 : getenv(value));
	}
}

static void add_store(struct secrets *s)
{
	static const char *const names[] = {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	    "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_CONNECTION_STRING"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add(s, getenv(names[i]));
}

const char *const *secrets_of(struct arena *a, const struct plan *p, size_t *n)
{
	struct secrets s = {.a = a};
	add_copies(&s, p->env, p->nenv);
	if (p->environment.kind == ENV_DOCKER) {
		add_copies(&s, p->environment.vars, p->environment.nvars);
		add_args(&s, &p->environment);
		add_store(&s);
	}
	*n = s.n;
	return s.v;
}
