/* SPDX-License-Identifier: MIT */
/* mlp env: what was made for runs to be in. */
#include "base/clock.h"
#include "cache/environments.h"
#include "cli/collect.h"
#include "cli/table.h"

enum { OPT_OLDER_THAN = 1, OPT_DRY_RUN, OPT_JSON, NAME_MIN = 4, NAME_SHOWN = 19 };

static const struct opt env_opts[] = {
    {OPT_OLDER_THAN, 0, "older-than", NULL, "TIME", NULL,
	"prune: only what was not used for this long: 12h, 30d (7d);\n"
	"0: everything that is not in use"},
    {OPT_DRY_RUN, 0, "dry-run", NULL, NULL, NULL,
	"rm, prune: only say what would be removed"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL,
	"list: a list of {kind, name, ...}; else as mlp gc"},
    {0},
};

struct env_args {
	struct gc_request rq;
	bool json, has_age;
	const char *action;
	const char **names;
	size_t n;
};

static cJSON *list_json(const struct environments *all)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < all->n; i++) {
		const struct environment *env = &all->v[i];
		cJSON *o = json_put_object(list, NULL);
		json_put_str(o, "kind", environment_word(env->kind));
		json_put_str(o, "name", env->name);
		json_put_str(o, "project", env->project);
		json_put_str(o, "detail", env->detail);
		json_put_str(o, "path", env->path);
		json_put_int(o, "bytes", env->bytes);
		json_put_int(o, "made", env->made);
		json_put_int(o, "used", env->used);
		json_put_bool(o, "in_use", env->in_use);
	}
	return list;
}

/* How long ago, for people. */
static void add_ago(struct table *t, int64_t then)
{
	auto_buf b = BUF_INIT;
	int64_t ms = clock_now_ms() - then;
	collect_add_age(&b, ms > 0 ? ms : 0);
	table_add(t, b.s);
}

static void add_row(struct table *t, const struct environment *env)
{
	auto_buf size = BUF_INIT, name = BUF_INIT;
	collect_add_size(&size, env->bytes);
	if (env->kind == MADE_IMAGE)
		buf_adds(&name, env->name);
	else
		buf_addf(&name, "%.*s", NAME_SHOWN, env->name);
	table_add(t, environment_word(env->kind));
	table_add(t, name.s);
	table_add(t, env->project ? env->project : "");
	table_add(t, size.s);
	add_ago(t, env->made);
	if (env->in_use)
		table_add(t, "now");
	else
		add_ago(t, env->used);
}

static int list(struct cli *cli, const struct env_args *ea)
{
	static const char *const head[] = {
	    "KIND", "NAME", "PROJECT", "SIZE", "AGE", "LAST USE"};
	struct environments all;
	struct table t = {.columns = sizeof(head) / sizeof(head[0])};
	auto_buf b = BUF_INIT;
	environments_find(&all, &cli->ctx, &cli->arena);
	if (ea->json) {
		auto_json j = list_json(&all);
		return cli_print_json(j);
	}
	if (all.n == 0) {
		ctx_say(&cli->ctx, SAY_INFO, "there are no environments");
		return CLI_OK;
	}
	for (size_t i = 0; i < t.columns; i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < all.n; i++)
		add_row(&t, &all.v[i]);
	table_print(&b, &t, cli->colour_out);
	table_release(&t);
	return cli_print(b.s, b.len);
}

/* The one whose name is this or begins so; the conda ones also without "mlflow-". */
static const struct environment *find_one(
    const struct environments *all, const char *text, struct err *err)
{
	static const char before[] = "mlflow-";
	const struct environment *found = NULL;
	size_t n = strlen(text), count = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct environment *env = &all->v[i];
		const char *name = env->name;
		if (strcmp(name, text) == 0)
			return env;
		if (env->kind == MADE_CONDA && strncmp(text, before, 7) != 0)
			name += strncmp(name, before, 7) == 0 ? 7 : 0;
		if (n < NAME_MIN || strncmp(name, text, n) != 0)
			continue;
		found = env;
		count++;
	}
	if (count == 1)
		return found;
	if (count)
		err_set(err, ERR_NOTFOUND, "'%s' may be %zu environments", text, count);
	else
		err_set(err, ERR_NOTFOUND, "there is no environment '%s'", text);
	err_hint(err, "'mlp env list' lists them; %d characters of a name are enough",
	    NAME_MIN);
	return NULL;
}

static int remove_one(const struct environments *all, const char *text,
    const struct env_args *ea, struct gc_result *r, struct err *err)
{
	const struct environment *env = find_one(all, text, err);
	int64_t age;
	if (!env)
		return -1;
	if (ea->rq.dry_run && environment_is_used(env))
		return err_set(err, ERR_BUSY, "%s is in use", env->name);
	if (!ea->rq.dry_run && environment_remove(all, env, err) < 0)
		return -1;
	age = clock_now_ms() - env->used;
	ARENA_GROW(all->a, r->removed, r->nremoved);
	r->removed[r->nremoved++] = (struct gc_item){.kind = environment_word(env->kind),
	    .path = env->kind == MADE_IMAGE ? env->name : env->path,
	    .bytes = env->bytes,
	    .age_ms = age > 0 ? age : 0};
	r->bytes += env->bytes;
	return 0;
}

static int remove_named(struct cli *cli, const struct env_args *ea)
{
	struct environments all;
	struct gc_result r = {.removed = NULL};
	environments_find(&all, &cli->ctx, &cli->arena);
	for (size_t i = 0; i < ea->n; i++) {
		struct err err = ERR_INIT;
		if (remove_one(&all, ea->names[i], ea, &r, &err) < 0) {
			cli_error(cli, &err);
			r.failed++;
		}
	}
	if (r.nremoved == 0 && !ea->json)
		return CLI_FAILED;
	return collect_tell(&r, ea->rq.dry_run, ea->json);
}

static int act(struct cli *cli, const struct env_args *ea)
{
	if (!ea->action)
		return cli_usage(&cmd_env, "missing argument list, rm or prune");
	if (strcmp(ea->action, "list") != 0 && strcmp(ea->action, "rm") != 0 &&
	    strcmp(ea->action, "prune") != 0)
		return cli_usage(
		    &cmd_env, "'%s' is not one of list, rm, prune", ea->action);
	if (ea->has_age && strcmp(ea->action, "prune") != 0)
		return cli_usage(&cmd_env, "--older-than goes with prune");
	if (strcmp(ea->action, "rm") == 0)
		return ea->n ? remove_named(cli, ea)
			     : cli_usage(&cmd_env, "missing argument NAME");
	if (ea->n)
		return cli_usage(&cmd_env, "unexpected argument '%s'", ea->names[0]);
	if (strcmp(ea->action, "prune") == 0)
		return collect(cli, &ea->rq, ea->json);
	if (ea->rq.dry_run)
		return cli_usage(&cmd_env, "--dry-run goes with rm and prune");
	return list(cli, ea);
}

static int take(
    struct env_args *ea, const struct opt *opt, const char *value, struct err *err)
{
	ea->rq.dry_run |= opt->id == OPT_DRY_RUN;
	ea->json |= opt->id == OPT_JSON;
	ea->has_age |= opt->id == OPT_OLDER_THAN;
	return opt->id == OPT_OLDER_THAN ? collect_age(value, &ea->rq, err) : 0;
}

static int run_env(struct cli *cli, int argc, char *const *argv)
{
	struct env_args ea = {
	    .rq = {.older_than_ms = COLLECT_AGE_MS, .environments = true}};
	struct cli_args args;
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_env, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		const char *value = args.it.value;
		if (args.it.opt) {
			if (take(&ea, args.it.opt, value, &err) < 0) {
				cli_error(cli, &err);
				return CLI_USAGE;
			}
		} else if (!ea.action) {
			ea.action = value;
		} else {
			ARENA_GROW(&cli->arena, ea.names, ea.n);
			ea.names[ea.n++] = value;
		}
	}
	return more < 0 ? code : act(cli, &ea);
}

const struct cmd cmd_env = {
    .name = "env",
    .args = "[OPTIONS] list|rm|prune [NAME]...",
    .summary = "List and remove the environments that were made for runs",
    .text =
	"list: virtual environments, conda environments and images that mlp has made.\n"
	"rm: the named ones (the beginning of a name is enough).  prune: those that were "
	"not\n"
	"used for a while.  Nothing is removed that a run uses just now.",
    .opts = {env_opts, NULL},
    .run = run_env,
};
