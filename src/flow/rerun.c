/* SPDX-License-Identifier: MIT */
#include "flow/rerun.h"

#include "base/file.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "flow/artifacts.h"
#include "flow/find.h"
#include "flow/runfile.h"
#include "plan/key.h"

/* What comes behind dir in path; NULL: it is not below. */
static const char *below(const char *dir, const char *path)
{
	size_t n = dir ? strlen(dir) : 0;
	if (n == 0 || strncmp(path, dir, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return ".";
	return path[n] == '/' ? path + n + 1 : NULL;
}

/* Where in its project a path was, relative to the project directory; or NULL. */
static const char *place_in_project(struct arena *a, const cJSON *file, const char *path)
{
	const cJSON *source = json_get(file, "source");
	const char *dir = json_str(source, "dir"), *root = json_str(source, "root");
	const char *rel = below(dir, path), *inner = dir ? below(root, dir) : NULL;
	auto_buf up = BUF_INIT;
	if (rel)
		return arena_strdup(a, rel);
	rel = below(root, path);
	if (!rel || !inner)
		return NULL;
	for (; inner; inner = strchr(inner, '/'), inner += inner != NULL)
		buf_adds(&up, "../");
	return arena_printf(a, "%s%s", up.s, rel);
}

/*
 * The text to give again.  The record holds at most PARAM_MAX characters of a
 * value, and paths as they were given, relative to a directory that we are not in now:
 * run.json knows both in full.  What lay in the project is of the commit, not of the tree
 * that it was in then.  What was downloaded is asked for again, and must be the same.
 */
static const char *value_again(const struct ctx *ctx, struct arena *a, const cJSON *file,
    const struct kv *recorded, struct param_input *in)
{
	struct runfile_param full = runfile_param(file, recorded->key);
	in->sha256 = full.sha256 ? arena_strdup(a, full.sha256) : NULL;
	if (full.value && full.used && full.is_path && !full.downloaded)
		in->place = place_in_project(a, file, full.used);
	if (in->place)
		in->was = arena_strdup(a, full.used);
	else if (full.value && full.used && !full.downloaded &&
		 strcmp(full.value, full.used) != 0)
		return arena_strdup(a, full.used);
	if (full.value)
		return arena_strdup(a, full.value);
	if (utf8_length(recorded->value) >= PARAM_MAX)
		ctx_say(ctx, SAY_WARNING,
		    "parameter '%s': the record may hold only the first %d characters of "
		    "its "
		    "value, and its run.json is gone",
		    recorded->key, PARAM_MAX);
	return recorded->value;
}

/* `mlflow run` records values as it quotes them for the shell: 'a b'. */
static const char *value_of_mlflow(struct arena *a, const char *recorded)
{
	static const char quote[] = "'\"'\"'";
	size_t n = strlen(recorded);
	auto_buf plain = BUF_INIT;
	auto_buf again = BUF_INIT;
	if (n < 2 || recorded[0] != '\'' || recorded[n - 1] != '\'')
		return recorded;
	for (const char *s = recorded + 1; s < recorded + n - 1; s++) {
		buf_addc(&plain, *s);
		if (strncmp(s, quote, sizeof(quote) - 1) == 0)
			s += sizeof(quote) - 2;
	}
	quote_shell(&again, plain.s);
	return strcmp(again.s, recorded) == 0 ? arena_strdup(a, plain.s) : recorded;
}

/* An empty tag says nothing: a later attempt had nothing to put there. */
static const char *tag(const struct run_record *run, const char *key)
{
	const char *v = kvs_get(&run->tags, key);
	return v && *v ? v : NULL;
}

/*
 * The kind that was asked for by name, and for docker the same arguments and image, where
 * the user does not ask for another now.
 */
static void take_environment(struct arena *a, const struct run_record *run,
    const cJSON *file, struct env_request *env)
{
	const char *was = tag(run, "mlflow.project.env");
	bool docker = was && strcmp(was, env_kind_word(ENV_DOCKER)) == 0;
	bool other = env->env_manager && strcmp(env->env_manager, "docker") != 0;
	bool built = env->build_image;
	if (!env->env_manager && json_str(file, "env_manager"))
		env->env_manager = arena_strdup(a, json_str(file, "env_manager"));
	if (!docker || other)
		return;
	if (env->nargs == 0)
		runfile_docker(a, file, env);
	env->build_image |= built;
	if (!built)
		env->was =
		    (struct env_image_was){.uri = tag(run, "mlflow.docker.image.uri"),
			.id = tag(run, "mlflow.docker.image.id"),
			.digest = tag(run, "mlp.docker.digest")};
}

static void take_params(const struct ctx *ctx, struct arena *a,
    const struct run_record *run, const struct param_input *overrides, size_t n,
    struct run_request *rq)
{
	struct param_input *in = arena_array(a, run->params.n + n + 1, sizeof(*in));
	auto_json file =
	    runfile_read(artifacts_log_dir(ctx, a, run->run_id, run->artifact_uri));
	size_t k = 0;
	for (size_t i = 0; i < run->params.n; i++) {
		const char *name = run->params.v[i].key;
		struct runfile_param full = runfile_param(file, name);
		if (file && (!full.value || full.elsewhere))
			continue; /* logged by the command, not given to it */
		in[k].name = name;
		in[k].value = value_again(ctx, a, file, &run->params.v[i], &in[k]);
		if (!kvs_get(&run->tags, "mlp.version") ||
		    (kvs_get(&run->tags, "mlp.adopted") && !full.used))
			in[k].value = value_of_mlflow(a, in[k].value);
		in[k++].origin = ORIGIN_RECORD;
	}
	for (size_t i = 0; i < n; i++)
		in[k++] = overrides[i];
	take_environment(a, run, file, &rq->plan.env);
	rq->plan.params = in;
	rq->plan.nparams = k;
}

const char *rerun_pinned(struct arena *a, const char *uri, const char *sha256)
{
	const char *hash = strchr(uri, '#');
	if (hash && strstr(hash, "sha256="))
		return uri;
	return arena_printf(a, "%s%ssha256=%s", uri,
	    !hash     ? "#"
	    : hash[1] ? "&"
		      : "",
	    sha256);
}

/*
 * A git project: its URI and the commit.  An archive: the same content.  A local work
 * tree: the same commit, checked out elsewhere.  A plain directory: whatever it holds now.
 */
static int take_source(const struct ctx *ctx, struct arena *a,
    const struct run_record *run, struct run_request *rq, struct err *err)
{
	const char *uri = tag(run, "mlflow.source.name");
	const char *dirty = tag(run, "mlp.source.dirty");
	const char *sha256 = tag(run, "mlp.source.sha256");
	if (!uri)
		return err_set(err, ERR_FAIL,
		    "run %.8s was not started from a project: it has "
		    "no tag mlflow.source.name",
		    run->run_id);
	if (sha256) {
		rq->uri = rerun_pinned(a, uri, sha256);
		return 0;
	}
	rq->uri = uri;
	rq->version = tag(run, "mlflow.source.git.commit");
	if (!rq->version)
		ctx_say(ctx, SAY_WARNING,
		    "%s is in no git repository: its files are taken as they are now, "
		    "which may "
		    "differ from what ran then",
		    uri);
	else if (dirty && strcmp(dirty, "true") == 0)
		ctx_say(ctx, SAY_WARNING,
		    "the work tree had changes that were not committed, which the record "
		    "does not "
		    "hold: commit %.10s is run without them",
		    rq->version);
	return 0;
}

int rerun_request(const struct ctx *ctx, struct arena *a, const struct run_record *run,
    const struct param_input *overrides, size_t noverrides, struct run_request *rq,
    struct err *err)
{
	const char *entry = kvs_get(&run->tags, "mlflow.project.entryPoint");
	if (kvs_get(&run->tags, "mlp.sweep.points")) {
		err_set(err, ERR_FAIL,
		    "run %.8s is a sweep, which has no command of its own", run->run_id);
		return err_hint(
		    err, "mlp sweep resume %.8s runs what is missing of it", run->run_id);
	}
	if (take_source(ctx, a, run, rq, err) < 0)
		return -1;
	if (!rq->plan.entry_point)
		rq->plan.entry_point = entry;
	rq->rerun_of = run->run_id;
	if (!rq->experiment.id && !rq->experiment.name)
		rq->experiment.id =
		    arena_printf(a, "%lld", (long long)run->experiment_id);
	take_params(ctx, a, run, overrides, noverrides, rq);
	return 0;
}

int rerun_find(const struct ctx *ctx, struct arena *a, const char *text,
    struct run_request *rq, struct err *err)
{
	struct tracking *t = arena_new(a, struct tracking);
	struct run_record run;
	if (run_find_recorded(ctx, a, rq->tracking_uri, text, t, &run, err) < 0)
		return -1;
	return rerun_request(ctx, a, &run, rq->plan.params, rq->plan.nparams, rq, err);
}
