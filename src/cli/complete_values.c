/* SPDX-License-Identifier: MIT */
/* complete_values.c -- what an option or an argument may be. */
#include "base/cleanup.h"
#include "base/path.h"
#include "base/strvec.h"
#include "cache/environments.h"
#include "cli/complete.h"
#include "cli/init.h"
#include "flow/queue.h"
#include "manifest/manifest.h"
#include "run/card.h"
#include "run/lock.h"
#include "run/statedir.h"
#include "plan/envplan.h"
#include "source/cached.h"
#include "source/refnames.h"
#include "source/source.h"
#include "track/store.h"

enum { LISTED_MAX = 200, VERSIONS_MAX = 2000, CHECKOUTS_MAX = 8 };

static struct store *open_store(struct complete *c)
{
	struct tracking *t = arena_new(&c->cli->arena, struct tracking);
	struct store *store;
	struct err err = ERR_INIT;
	/* nobody waits for a lock while a key is down */
	setenv("MLP_BUSY_TIMEOUT", "10", 1);
	if (!c->cli->ctx.cwd ||
	    tracking_resolve(&c->cli->ctx, &c->cli->arena, c->tracking_uri, t, &err) <
		0 ||
	    store_open(&c->cli->ctx, t, STORE_READ, &store, &err) < 0)
		return NULL;
	return store;
}

static const struct run_record *recorded_run(struct complete *c)
{
	struct arena *a = &c->cli->arena;
	struct run_record *r = arena_new(a, struct run_record);
	struct store *store = c->arg ? open_store(c) : NULL;
	struct err err = ERR_INIT;
	const char **ids;
	size_t n = 0;
	int rc = -1;
	if (!store)
		return NULL;
	if (store->ops->run_find(store, a, c->arg, 2, &ids, &n, &err) == 0 && n == 1)
		rc = store->ops->run_get(store, a, ids[0], r, &err);
	store->ops->close(store);
	return rc == 0 ? r : NULL;
}

static bool is_rerun(const struct complete *c)
{
	return strcmp(c->cmd->name, "rerun") == 0;
}

static const char *project_uri(struct complete *c)
{
	const struct run_record *r;
	const char *home = getenv("HOME");
	if (!is_rerun(c) && c->arg && strncmp(c->arg, "~/", 2) == 0 && home)
		return path_join(
		    &c->cli->arena, home, c->arg + 2); /* as the shell will */
	if (!is_rerun(c))
		return c->arg ? c->arg : ".";
	r = recorded_run(c);
	return r ? kvs_get(&r->tags, "mlflow.source.name") : NULL;
}

/* What the project is.  false: nothing that can be said without asking others. */
static bool parse_project(struct complete *c, bool with_version, struct source_uri *out)
{
	struct err err = ERR_INIT;
	const char *uri = project_uri(c), *cwd = c->cli->ctx.cwd;
	return uri && cwd &&
	       source_parse(&c->cli->arena, cwd, uri, with_version, out, &err) == 0;
}

static const struct manifest *manifest_in(
    struct complete *c, const char *root, const char *subdir)
{
	struct arena *a = &c->cli->arena;
	struct diags ds = {.arena = a};
	struct manifest *m = NULL;
	struct err err = ERR_INIT;
	return manifest_load(a, path_join(a, root, subdir), &m, &ds, &err) == 0 ? m
										: NULL;
}

/*
 * The manifest of a project that lies on this machine; of a git project, that of the
 * checkout that was used last.  NULL: none that can be read.
 */
static const struct manifest *known_manifest(struct complete *c)
{
	const char *cache = c->cli->ctx.cache_dir;
	const struct manifest *m = NULL;
	auto_strvec checkouts = STRVEC_INIT;
	struct source_uri u;
	if (!parse_project(c, false, &u))
		return NULL;
	if (u.kind == SOURCE_LOCAL)
		return manifest_in(c, u.path, u.subdir);
	if (u.kind != SOURCE_GIT || u.tree || !cache)
		return NULL;
	cached_checkouts(&c->cli->arena, cache, u.origin, CHECKOUTS_MAX, &checkouts);
	for (size_t i = 0; !m && i < checkouts.n; i++)
		m = manifest_in(c, checkouts.v[i], u.subdir);
	return m;
}

/* Of the work tree that the directory is in, of a repository, of the mirror of a URL. */
static void add_versions(struct complete *c)
{
	auto_refnames names = REFNAMES_INIT;
	struct arena *a = &c->cli->arena;
	const char *cache = c->cli->ctx.cache_dir, *repo;
	struct source_uri u;
	if (!parse_project(c, true, &u) || u.kind != SOURCE_GIT)
		return;
	repo = u.repo || !cache ? u.repo : cached_mirror(a, cache, u.origin);
	if (!repo)
		return;
	refnames_read(&names, a, repo, c->word + c->start, VERSIONS_MAX);
	for (size_t i = 0; i < names.branches.n; i++)
		complete_add(c, names.branches.v[i], "branch");
	for (size_t i = 0; i < names.tags.n; i++)
		complete_add(c, names.tags.v[i], "tag");
}

static void add_entry_points(struct complete *c)
{
	const struct manifest *m = known_manifest(c);
	for (size_t i = 0; m && i < m->nentries; i++)
		complete_add(c, m->entries[i].name, m->entries[i].command);
}

static bool is_given(const struct complete *c, const char *name)
{
	for (size_t i = 0; i < c->ngiven; i++)
		if (strcmp(c->given[i], name) == 0)
			return true;
	return false;
}

static void add_param_value(struct complete *c, const struct param_decl *d)
{
	const char *about = "default";
	if (d->kind == PARAM_PATH) {
		complete_paths(c, false);
	} else if (d->kind == PARAM_BOOL) {
		bool yes = d->default_text && strcasecmp(d->default_text, "true") == 0;
		bool no = d->default_text && strcasecmp(d->default_text, "false") == 0;
		complete_add(c, "true", yes ? about : NULL);
		complete_add(c, "false", no ? about : NULL);
	} else if (d->default_text) {
		complete_add(c, d->default_text, about);
	}
}

static const char *param_about(struct arena *a, const struct param_decl *d)
{
	const char *text = d->default_text
			       ? arena_printf(a, "%s = %s", d->type_word, d->default_text)
			       : arena_printf(a, "%s, required", d->type_word);
	return d->description ? arena_printf(a, "%s  %s", text, d->description) : text;
}

/* Of `rerun`: what is recorded, which is what the run gets unless it is given anew. */
static void add_recorded_params(struct complete *c, const char *eq)
{
	struct arena *a = &c->cli->arena;
	const struct run_record *r = recorded_run(c);
	const char *typed = c->word + c->start;
	for (size_t i = 0; r && i < r->params.n; i++) {
		const char *name = r->params.v[i].key, *value = r->params.v[i].value;
		if (!eq && !is_given(c, name))
			complete_add(c, arena_printf(a, "%s=", name),
			    arena_printf(a, "was %s", value));
		else if (eq && strncmp(typed, name, (size_t)(eq - typed)) == 0 &&
			 name[eq - typed] == '\0')
			complete_add(
			    c, arena_printf(a, "%s=%s", name, value), "as recorded");
	}
	c->nospace = !eq;
}

static void add_declared_params(struct complete *c, const char *eq)
{
	const struct manifest *m = known_manifest(c);
	const char *entry = c->entry_point ? c->entry_point : "main";
	const struct entry_point *ep = m ? manifest_entry(m, entry) : NULL;
	struct arena *a = &c->cli->arena;
	size_t n = eq ? (size_t)(eq - (c->word + c->start)) : 0;
	for (size_t i = 0; ep && i < ep->nparams; i++) {
		const struct param_decl *d = &ep->params[i];
		if (!eq && !is_given(c, d->name)) {
			complete_add(
			    c, arena_printf(a, "%s=", d->name), param_about(a, d));
		} else if (eq && strlen(d->name) == n &&
			   strncmp(d->name, c->word + c->start, n) == 0) {
			c->start += n + 1;
			add_param_value(c, d);
			return;
		}
	}
	c->nospace = !eq;
}

static void add_params(struct complete *c)
{
	const char *eq = strchr(c->word + c->start, '=');
	if (is_rerun(c))
		add_recorded_params(c, eq);
	else
		add_declared_params(c, eq);
}

static void add_experiments(struct complete *c, bool ids)
{
	struct store *store = open_store(c);
	struct arena *a = &c->cli->arena;
	struct experiment *e = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;
	if (!store)
		return;
	if (store->ops->experiments_recent(
		store, a, c->word + c->start, LISTED_MAX, &e, &n, &err) < 0)
		n = 0;
	store->ops->close(store);
	for (size_t i = 0; i < n; i++) {
		const char *id = arena_printf(a, "%lld", (long long)e[i].id);
		if (ids)
			complete_add(c, id, e[i].name);
		else
			complete_add(c, e[i].name, arena_printf(a, "experiment %s", id));
	}
}

static void add_experiment_names(struct complete *c)
{
	add_experiments(c, false);
}

static void add_experiment_ids(struct complete *c)
{
	add_experiments(c, true);
}

static size_t runs_of(struct complete *c, struct run_record **out)
{
	struct store *store = open_store(c);
	struct err err = ERR_INIT;
	size_t n = 0;
	*out = NULL;
	if (!store)
		return 0;
	if (store->ops->runs_recent(
		store, &c->cli->arena, c->word + c->start, LISTED_MAX, out, &n, &err) < 0)
		n = 0;
	store->ops->close(store);
	return n;
}

static bool is_only_name(const struct run_record *runs, size_t n, const char *name)
{
	size_t same = 0;
	for (size_t i = 0; i < n; i++)
		same += strcmp(runs[i].name, name) == 0;
	return same == 1;
}

/* By name where that is enough, by id where it is not or where one is being typed. */
static void add_runs(struct complete *c)
{
	struct run_record *runs;
	struct arena *a = &c->cli->arena;
	const char *typed = c->word + c->start;
	size_t n = runs_of(c, &runs);
	for (size_t i = 0; i < n; i++) {
		const struct run_record *r = &runs[i];
		const char *status = run_status_word(r->status);
		bool named = is_only_name(runs, n, r->name);
		if (named && strncmp(r->name, typed, strlen(typed)) == 0)
			complete_add(
			    c, r->name, arena_printf(a, "%.8s %s", r->run_id, status));
		if (!named || *typed)
			complete_add(
			    c, r->run_id, arena_printf(a, "%s %s", r->name, status));
	}
}

static bool is_only_card(const struct card *v, size_t n, const char *name)
{
	size_t same = 0;
	for (size_t i = 0; i < n; i++)
		same += v[i].name && strcmp(v[i].name, name) == 0;
	return same == 1;
}

/* By name, where only one has it, else by id. */
static void add_cards(struct complete *c, const struct card *v, size_t n)
{
	struct arena *a = &c->cli->arena;
	const char *typed = c->word + c->start;
	for (size_t i = 0; i < n; i++) {
		const char *state = card_state_word(v[i].state);
		bool named = v[i].name && is_only_card(v, n, v[i].name);
		if (named && strncmp(v[i].name, typed, strlen(typed)) == 0)
			complete_add(
			    c, v[i].name, arena_printf(a, "%.8s %s", v[i].run_id, state));
		if (!named || *typed)
			complete_add(c, v[i].run_id,
			    arena_printf(a, "%s %s", v[i].name ? v[i].name : "", state));
	}
}

static void add_queued(struct complete *c)
{
	struct err ignored = ERR_INIT;
	struct card *v;
	size_t n;
	if (queue_cards(&c->cli->ctx, &c->cli->arena, &v, &n, &ignored) == 0)
		add_cards(c, v, n);
}

/* Of this machine, in whatever store. */
static void add_living(struct complete *c)
{
	struct arena *a = &c->cli->arena;
	const struct ctx *ctx = &c->cli->ctx;
	struct err ignored = ERR_INIT;
	struct card *v;
	size_t n, living = 0;
	if (state_check(ctx, &ignored) < 0 ||
	    cards_alive(ctx, a, &v, &n, NULL, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (run_lock_is_held(run_state_dir(ctx, a, v[i].run_id)))
			v[living++] = v[i];
	add_cards(c, v, living);
	add_queued(c);
}

/* The one that `logs` and `show` look at may be recorded here or live anywhere. */
static void add_any_run(struct complete *c)
{
	if (c->cmd == &cmd_attach) {
		add_living(c);
		return;
	}
	add_runs(c);
	if (c->cmd == &cmd_logs)
		add_living(c);
}

static void add_run_ids(struct complete *c)
{
	struct run_record *runs;
	size_t n = runs_of(c, &runs);
	for (size_t i = 0; i < n; i++)
		complete_add(c, runs[i].run_id,
		    arena_printf(&c->cli->arena, "%s %s", runs[i].name,
			run_status_word(runs[i].status)));
}

static void add_goals(struct complete *c)
{
	complete_add(c, "min", "less is better");
	complete_add(c, "max", "more is better");
}

static void add_statuses(struct complete *c)
{
	for (int st = RUN_RUNNING; st <= RUN_KILLED; st++)
		complete_add(c, run_status_word((enum run_status)st), NULL);
}

static void add_local(struct complete *c)
{
	complete_add(c, "local", "the only one, so far");
}

static void add_env_managers(struct complete *c)
{
	complete_add(c, env_kind_word(ENV_LOCAL), "as it is here");
	complete_add(c, env_kind_word(ENV_DOCKER), "in a container");
	complete_add(c, env_kind_word(ENV_VIRTUALENV), "a virtual environment");
	complete_add(c, env_kind_word(ENV_UV), "a virtual environment, made by uv");
	complete_add(c, env_kind_word(ENV_CONDA), "a conda environment");
}

/* The databases of this directory, and the one that a first run would make. */
static void add_tracking_uri(struct complete *c)
{
	auto_dir dir = opendir(".");
	struct dirent *e;
	complete_add(c, "sqlite:///mlflow.db", "the default");
	while (dir && (e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');
		if (dot && strcmp(dot, ".db") == 0 && strcmp(e->d_name, "mlflow.db") != 0)
			complete_add(c,
			    arena_printf(&c->cli->arena, "sqlite:///%s", e->d_name),
			    NULL);
	}
}

static void add_command_names(struct complete *c)
{
	for (const struct cmd *const *cmd = commands; *cmd; cmd++)
		complete_add(c, (*cmd)->name, (*cmd)->summary);
}

static void add_templates(struct complete *c)
{
	struct template *all;
	struct err err = ERR_INIT;
	size_t n;
	if (templates_list(&c->cli->arena, &all, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			complete_add(c, all[i].name, all[i].about);
}

static void add_files(struct complete *c)
{
	complete_paths(c, false);
}

static void add_directories(struct complete *c)
{
	complete_paths(c, true);
}

/* "a|b|c" in lower case: one of these words. */
static void add_choices(struct complete *c, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, "|");
		complete_add(c, arena_strndup(&c->cli->arena, words, n), NULL);
		words += n + (words[n] == '|');
	}
}

typedef void add_values(struct complete *c);

static const struct {
	const char *option;
	add_values *add;
} by_option[] = {
    {"entry-point", add_entry_points},
    {"version", add_versions},
    {"param-list", add_params},
    {"experiment-name", add_experiment_names},
    {"experiment-id", add_experiment_ids},
    {"experiment", add_experiment_names},
    {"run-id", add_run_ids},
    {"status", add_statuses},
    {"goal", add_goals},
    {"env-manager", add_env_managers},
    {"backend", add_local},
    {"tracking-uri", add_tracking_uri},
    {"backend-store-uri", add_tracking_uri},
    {"artifacts-destination", add_directories},
    {"template", add_templates},
};

/* The words of usage lines and of --help that say what is meant. */
static const struct {
	const char *word;
	add_values *add;
} by_word[] = {
    {"FILE", add_files},
    {"SCRIPT.py", add_files},
    {"DIR", add_directories},
    {"URI", add_directories},
    {"RUN", add_any_run},
    {"RUN...", add_living},
    {"COMMAND", add_command_names},
};

static void add_by_word(struct complete *c, const char *word)
{
	for (size_t i = 0; i < sizeof(by_word) / sizeof(by_word[0]); i++)
		if (strcmp(word, by_word[i].word) == 0)
			by_word[i].add(c);
	if (strchr(word, '|') && word[0] >= 'a')
		add_choices(c, word);
}

void complete_option_value(struct complete *c, const struct opt *opt)
{
	for (size_t i = 0; i < sizeof(by_option) / sizeof(by_option[0]); i++)
		if (strcmp(opt->name, by_option[i].option) == 0) {
			by_option[i].add(c);
			return;
		}
	add_by_word(c, opt->metavar);
}

/* Those in the cache: an engine or conda would take too long to ask. */
static void add_environments(struct complete *c)
{
	struct arena *a = &c->cli->arena;
	struct environments all;
	environments_in_cache(&all, &c->cli->ctx, a);
	for (size_t i = 0; i < all.n; i++)
		complete_add(c, all.v[i].name,
		    arena_printf(a, "%s %s", environment_word(all.v[i].kind),
			all.v[i].project ? all.v[i].project : ""));
}

/* The first word of `queue` says what the others are. */
static void add_to_queue(struct complete *c)
{
	if (!c->arg)
		add_choices(c, "add|hold|release|remove|priority");
	else if (strcmp(c->arg, "add") == 0)
		add_files(c);
	else
		add_queued(c);
}

/* The last word of the usage line names the one argument (or more: ...) of a command. */
void complete_argument(struct complete *c)
{
	const char *last = strrchr(c->cmd->args, ' ');
	if (c->cmd == &cmd_env) {
		if (!c->arg)
			add_choices(c, "list|rm|prune");
		else if (strcmp(c->arg, "rm") == 0)
			add_environments(c);
		return;
	}
	last = last ? last + 1 : c->cmd->args;
	last += *last == '[';
	if (c->cmd == &cmd_sweep && c->arg &&
	    (strcmp(c->arg, "resume") == 0 || strcmp(c->arg, "extend") == 0 ||
		strcmp(c->arg, "show") == 0)) {
		add_runs(c);
		return;
	}
	if (c->cmd == &cmd_queue)
		add_to_queue(c);
	else if (!c->arg || strstr(last, "..."))
		add_by_word(c, arena_strndup(&c->cli->arena, last, strcspn(last, "]")));
}
