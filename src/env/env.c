/* SPDX-License-Identifier: MIT */
#include "env/env.h"

#include <signal.h>

#include "base/file.h"
#include "env/docker.h"

static const struct env_ops *const kinds[] = {[ENV_LOCAL] = NULL,
    [ENV_DOCKER] = &docker_ops,
    [ENV_VIRTUALENV] = &venv_ops,
    [ENV_UV] = &venv_ops,
    [ENV_CONDA] = &conda_ops};

int env_check_file(const char *root, const struct env_plan *plan, struct err *err)
{
	const char *file = plan->file;
	if (!file || !path_leads_out(root, file))
		return 0;
	err_set(err, ERR_FAIL, "'%s' leads out of the project", file);
	return err_hint(err, "a project that was fetched reads only files of its own");
}

static int check_file(const struct env_want *w, struct err *err)
{
	const char *root = w->project_root ? w->project_root : w->plan->cwd;
	return w->fetched ? env_check_file(root, &w->plan->environment, err) : 0;
}

int env_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	const struct env_ops *ops = kinds[w->plan->environment.kind];
	memset(out, 0, sizeof(*out));
	if (check_file(w, err) < 0)
		return -1;
	return ops ? ops->look(w, out, err) : 0;
}

int env_open(struct env *e, const struct env_want *want, struct err *err)
{
	memset(e, 0, sizeof(*e));
	e->ops = kinds[want->plan->environment.kind];
	e->want = *want;
	if (check_file(want, err) < 0)
		return -1;
	return e->ops ? e->ops->open(e, err) : 0;
}

int env_make(struct env *e, struct err *err)
{
	return e->ops ? e->ops->make(e, err) : 0;
}

int env_wrap(struct env *e, const struct env_var *added, size_t nadded, struct launch *l,
    struct strvec *envp, struct err *err)
{
	return e->ops ? e->ops->wrap(e, added, nadded, l, envp, err) : 0;
}

void env_end(struct env *e, struct outcome *o, struct err *why)
{
	if (e->ops)
		e->ops->end(e, o, why);
}

void env_release(struct env *e)
{
	if (e->ops)
		e->ops->release(e);
	e->ops = NULL;
}

void env_tag(struct env *e, const char *key, const char *value)
{
	ARENA_GROW(e->want.a, e->tags, e->ntags);
	e->tags[e->ntags++] = (struct env_tag){key, value};
}

void env_fact(struct arena *a, struct env_look *l, const char *name, const char *text)
{
	ARENA_GROW(a, l->v, l->n);
	l->v[l->n++] = (struct env_fact){name, text};
}

int env_interrupted(const struct ctx *ctx)
{
	static const int asks[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t pending;
	int sig = ctx->interrupted ? *ctx->interrupted : 0;
	if (sig)
		return sig;
	sigpending(&pending);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (sigismember(&pending, asks[i]) == 1)
			return asks[i];
	return 0;
}
