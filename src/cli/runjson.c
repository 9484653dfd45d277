/* SPDX-License-Identifier: MIT */
#include "cli/runjson.h"

#include "lib/record.h"

/* An empty tag says nothing. */
static void put_tag(
    cJSON *j, const char *name, const struct mlp_record *r, const char *tag)
{
	const char *v = mlp_record_tag(r, tag);
	json_put_str(j, name, v && *v ? v : NULL);
}

static void put_exit(cJSON *j, const struct mlp_record *r)
{
	cJSON *o;
	if (r->exit_kind == MLP_EXIT_NONE) {
		json_put_null(j, "exit");
		return;
	}
	o = json_put_object(j, "exit");
	json_put_str(o, "kind", mlp_exit_word(r->exit_kind));
	if (r->exit_kind == MLP_EXIT_EXITED || r->exit_kind == MLP_EXIT_NEVER)
		json_put_int(o, "code", r->exit_code);
	else
		json_put_null(o, "code");
	if (r->exit_kind == MLP_EXIT_SIGNALLED)
		json_put_int(o, "signal", r->exit_signal);
	else
		json_put_null(o, "signal");
}

static void put_source(cJSON *j, const struct mlp_record *r)
{
	cJSON *o = json_put_object(j, "source");
	const char *dirty = mlp_record_tag(r, "mlp.source.dirty");
	put_tag(o, "uri", r, "mlflow.source.name");
	put_tag(o, "repo_url", r, "mlflow.source.git.repoURL");
	put_tag(o, "commit", r, "mlflow.source.git.commit");
	put_tag(o, "version", r, "mlp.source.version");
	put_tag(o, "subdir", r, "mlp.source.subdir");
	if (mlp_record_tag(r, "mlp.source.sha256")) /* of archives alone */
		put_tag(o, "sha256", r, "mlp.source.sha256");
	if (dirty && *dirty)
		json_put_bool(o, "dirty", strcmp(dirty, "true") == 0);
	else
		json_put_null(o, "dirty");
}

static void put_pairs(cJSON *j, const char *name, const struct mlp_pair *v, size_t n)
{
	cJSON *o = json_put_object(j, name);
	for (size_t i = 0; i < n; i++)
		json_put_str(o, v[i].key, v[i].value);
}

static void put_time(cJSON *j, const char *name, int64_t ms)
{
	if (ms < 0)
		json_put_null(j, name);
	else
		json_put_int(j, name, ms);
}

/* As the tag says; null: not known. */
static void put_number_tag(
    cJSON *j, const char *name, const struct mlp_record *r, const char *tag)
{
	const char *v = mlp_record_tag(r, tag);
	if (v && *v && v[strspn(v, "0123456789")] == '\0' && strlen(v) < 19)
		json_put_int(j, name, strtoll(v, NULL, 10));
	else
		json_put_null(j, name);
}

static void put_usage(cJSON *j, const struct mlp_record *r)
{
	cJSON *o = json_put_object(j, "usage");
	put_number_tag(o, "wall_time_ms", r, "mlp.wall_time_ms");
	put_number_tag(o, "cpu_time_ms", r, "mlp.cpu_time_ms");
	put_number_tag(o, "peak_memory_bytes", r, "mlp.peak_memory_bytes");
}

cJSON *run_to_json(const struct mlp_record *r)
{
	cJSON *j = cJSON_CreateObject(), *o;
	const char *env = mlp_record_tag(r, "mlflow.project.env");
	json_put_str(j, "run_id", r->run_id);
	json_put_str(j, "run_name", r->run_name);
	json_put_str(j, "experiment_id", r->experiment_id);
	json_put_str(j, "experiment_name", r->experiment_name);
	json_put_str(j, "status", mlp_status_word(r->status));
	json_put_str(j, "reason", r->reason);
	put_exit(j, r);
	put_time(j, "start_time", r->start_time);
	put_time(j, "end_time", r->end_time);
	put_usage(j, r);
	put_tag(j, "entry_point", r, "mlflow.project.entryPoint");
	put_tag(j, "command", r, "mlp.command");
	put_source(j, r);
	put_pairs(j, "params", r->params, r->nparams);
	put_pairs(j, "tags", r->tags, r->ntags);
	o = json_put_object(j, "metrics");
	for (size_t i = 0; i < r->nmetrics; i++)
		json_put_double(o, r->metrics[i].key, r->metrics[i].value);
	json_put_str(j, "artifact_uri", r->artifact_uri);
	o = json_put_object(j, "env");
	json_put_str(o, "kind", env ? env : "local");
	return j;
}

cJSON *record_to_json(
    const struct ctx *ctx, struct arena *a, const struct run_record *run)
{
	struct mlp_record r = {.start_time = -1, .end_time = -1};
	record_fill(ctx, a, run, &r);
	return run_to_json(&r);
}
