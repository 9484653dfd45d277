/* SPDX-License-Identifier: MIT */
#include "cli/dryrun.h"

#include "base/quote.h"
#include "cli/drylimits.h"
#include "env/env.h"
#include "flow/childenv.h"

struct dry {
	const struct run_request *rq;
	const struct prepared *p;
	const char *tracking_uri;
	struct env_var *env;
	size_t nenv;
	struct env_look look;
};

static cJSON *source_json(const struct source *s)
{
	cJSON *o = cJSON_CreateObject();
	json_put_str(o, "uri", s->uri);
	json_put_str(o, "repo_url", s->repo_url);
	json_put_str(o, "commit", s->commit);
	json_put_str(o, "version", s->version);
	json_put_str(o, "subdir", s->subdir && *s->subdir ? s->subdir : NULL);
	if (s->sha256)
		json_put_str(o, "sha256", s->sha256);
	if (s->dirty < 0)
		json_put_null(o, "dirty");
	else
		json_put_bool(o, "dirty", s->dirty > 0);
	return o;
}

static cJSON *docker_json(const struct env_plan *e)
{
	cJSON *j = cJSON_CreateObject(), *list, *o;
	json_put_str(j, "image", e->image);
	json_put_bool(j, "build_image", e->build_image);
	list = json_put_array(j, "volumes");
	for (size_t i = 0; i < e->nvolumes; i++)
		json_put_str(list, NULL, e->volumes[i]);
	list = json_put_array(j, "environment");
	for (size_t i = 0; i < e->nvars; i++) {
		o = json_put_object(list, NULL);
		json_put_str(o, "name", e->vars[i].name);
		json_put_str(o, "value", e->vars[i].value);
	}
	list = json_put_array(j, "args");
	for (size_t i = 0; i < e->nargs; i++) {
		o = json_put_object(list, NULL);
		json_put_str(o, "name", e->args[i].name);
		json_put_str(o, "value", e->args[i].value);
	}
	return j;
}

static cJSON *dry_json(const struct dry *d)
{
	const struct plan *plan = &d->p->plan;
	cJSON *j = cJSON_CreateObject(), *o;
	json_put_str(j, "entry_point", plan->entry_point);
	json_put_str(j, "command", plan->command);
	o = json_put_array(j, "argv");
	for (size_t i = 0; plan->argv[i]; i++)
		json_put_str(o, NULL, plan->argv[i]);
	/* a git project's checkout is made when it runs */
	json_put_str(j, "cwd", d->p->peeked ? NULL : plan->cwd);
	o = json_put_object(j, "env");
	for (size_t i = 0; i < d->nenv; i++)
		json_put_str(o, d->env[i].name, d->env[i].value);
	o = json_put_object(j, "params");
	for (size_t i = 0; i < plan->params.n; i++) {
		const struct param *p = &plan->params.v[i];
		cJSON *param = json_put_object(o, p->name);
		json_put_str(param, "value", p->value);
		json_put_str(param, "used", p->source ? NULL : p->used);
		json_put_str(param, "origin", param_origin_word(p->origin));
		json_put_str(param, "type", p->decl ? p->decl->type_word : NULL);
	}
	json_put(j, "source", source_json(&d->p->source));
	json_put_str(j, "env_kind", env_kind_word(plan->environment.kind));
	json_put_str(j, "env_chosen_by", plan->environment.chosen_by);
	if (plan->environment.kind == ENV_DOCKER)
		json_put(j, "docker", docker_json(&plan->environment));
	o = json_put_object(j, "prepare");
	for (size_t i = 0; i < d->look.n; i++)
		json_put_str(o, d->look.v[i].name, d->look.v[i].text);
	json_put_str(j, "tracking_uri", d->tracking_uri);
	drylimits_json(j, plan, d->rq);
	return j;
}

static void line(struct buf *b, const char *label, const char *text)
{
	buf_addf(b, "%-12s ", label);
	quote_display_str(b, text);
	buf_addc(b, '\n');
}

static void put_source(struct buf *b, const struct source *s)
{
	line(b, "source", s->uri);
	if (s->commit)
		buf_addf(b, "commit       %s%s\n", s->commit,
		    s->dirty > 0 ? " (with changes that are not committed)" : "");
	if (s->branch)
		line(b, "branch", s->branch);
	if (s->sha256)
		line(b, "sha256", s->sha256);
}

static void put_params(struct buf *b, const struct params *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->v[i];
		const char *text;
		buf_adds(b, i ? "             " : "parameters   ");
		quote_display(b, p->name, strlen(p->name));
		buf_adds(b, " = ");
		text = p->source ? p->value : p->used;
		quote_display(b, text, strlen(text));
		buf_addf(b, "  (%s)%s%s\n",
		    p->decl || p->origin != ORIGIN_GIVEN ? param_origin_word(p->origin)
							 : "given, not declared",
		    p->source ? "  " : "", p->source ? p->used : "");
	}
}

/* `without`: what stands for a value that is not given. */
static void line_pair(struct buf *b, const char *label, const char *name,
    const char *value, const char *without)
{
	auto_buf text = BUF_INIT;
	buf_addf(&text, "%s%s%s", name, value ? "=" : "", value ? value : without);
	line(b, label, text.s);
}

/* What of the manifest and the command line goes to docker run. */
static void put_docker(struct buf *b, const struct env_plan *e)
{
	for (size_t i = 0; i < e->nvolumes; i++)
		line(b, "volume", e->volumes[i]);
	for (size_t i = 0; i < e->nargs; i++)
		line_pair(b, "docker arg", e->args[i].name, e->args[i].value, "");
	for (size_t i = 0; i < e->nvars; i++)
		line_pair(b, "variable", e->vars[i].name, e->vars[i].value,
		    " (copied from here)");
}

static void put_env(struct buf *b, const struct dry *d)
{
	for (size_t i = 0; i < d->nenv; i++) {
		const char *value = d->env[i].value;
		buf_addf(b, "%-12s ", "");
		quote_display_str(b, d->env[i].name);
		buf_addc(b, '=');
		quote_display_str(b, value ? value : "(known when it runs)");
		buf_addc(b, '\n');
	}
}

/* Pasteable, on one line. */
static void put_command(struct buf *b, const char *const *argv)
{
	auto_buf words = BUF_INIT;
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			buf_addc(&words, ' ');
		quote_shell_line(&words, argv[i]);
	}
	line(b, "command", words.s);
}

static void dry_print(struct buf *b, const struct dry *d)
{
	const struct plan *plan = &d->p->plan;
	put_source(b, &d->p->source);
	line(b, "entry point", plan->entry_point);
	put_params(b, &plan->params);
	buf_addf(b, "environment  %s (%s)\n", env_kind_word(plan->environment.kind),
	    plan->environment.chosen_by);
	for (size_t i = 0; i < d->look.n; i++)
		line(b, d->look.v[i].name, d->look.v[i].text);
	if (plan->environment.kind == ENV_DOCKER)
		put_docker(b, &plan->environment);
	put_env(b, d);
	line(
	    b, "directory", d->p->peeked ? "(a checkout, made when it runs)" : plan->cwd);
	drylimits_print(b, plan, d->rq);
	put_command(b, plan->argv);
}

static int show(struct cli *cli, const struct runopts *ro, const struct prepared *p,
    const struct tracking *t)
{
	struct childenv c = {.experiment_id = ro->rq.experiment.id,
	    .tracking_uri = ro->rq.direct ? t->uri : NULL,
	    .store_uri = ro->rq.direct ? NULL : t->uri};
	struct dry d = {.rq = &ro->rq, .p = p, .tracking_uri = t->uri};
	struct env_want want = {.ctx = &cli->ctx,
	    .a = &cli->arena,
	    .plan = &p->plan,
	    .commit = p->source.commit,
	    .project_root = p->source.root,
	    .fetched = p->source.kind != SOURCE_LOCAL,
	    .partial = p->peeked,
	    .direct = ro->rq.direct,
	    .store_path = t->path};
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	if (env_look(&want, &d.look, &err) < 0) {
		cli_error(cli, &err);
		return CLI_OURS;
	}
	d.env = childenv_added(&cli->arena, &p->plan, &c, &d.nenv);
	if (ro->json) {
		auto_json j = dry_json(&d);
		return cli_print_json(j);
	}
	dry_print(&b, &d);
	return cli_print(b.s, b.len);
}

int dry_run(struct cli *cli, const struct runopts *ro)
{
	struct arena *a = &cli->arena;
	struct tracking t;
	struct prepared p;
	struct err err = ERR_INIT;
	int code = CLI_OURS;
	if (tracking_resolve(&cli->ctx, a, ro->rq.tracking_uri, &t, &err) < 0) {
		cli_error(cli, &err);
		return CLI_OURS;
	}
	if (prepare_plan(&cli->ctx, a, ro->rq.uri, ro->rq.version, &ro->rq.plan,
		PREPARE_LOOK, launch_own_files(a, &t), NULL, &p, &err) == 0) {
		source_facts_finish(&cli->ctx, a, &p.facts, &p.source);
		cli_diags(cli, &p.diags);
		code = show(cli, ro, &p, &t);
	} else {
		cli_diags(cli, &p.diags);
		cli_error(cli, &err);
		code = err.code == ERR_USAGE ? CLI_USAGE : CLI_OURS;
	}
	prepared_done(&p);
	return code;
}
