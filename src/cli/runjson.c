/* SPDX-License-Identifier: MIT */
#include "cli/runjson.h"

#include "flow/ending.h"

struct exit_status run_exit(const struct run_record *r)
{
	return ending_parse_exit(kvs_get(&r->tags, "mlp.exit"));
}

/* An empty tag says nothing. */
static void put_tag(
    cJSON *j, const char *name, const struct run_record *r, const char *tag)
{
	const char *v = kvs_get(&r->tags, tag);
	json_put_str(j, name, v && *v ? v : NULL);
}

static void put_exit(cJSON *j, const struct run_record *r)
{
	struct exit_status st = run_exit(r);
	const char *tag = kvs_get(&r->tags, "mlp.exit");
	cJSON *o;
	if (!tag || !*tag) { /* empty: a run that was opened again */
		json_put_null(j, "exit");
		return;
	}
	o = json_put_object(j, "exit");
	json_put_str(o, "kind", exit_kind_word(st.kind));
	if (st.kind == EXIT_EXITED || st.kind == EXIT_NEVER)
		json_put_int(o, "code", st.code);
	else
		json_put_null(o, "code");
	if (st.kind == EXIT_SIGNALLED)
		json_put_int(o, "signal", st.sig);
	else
		json_put_null(o, "signal");
}

static void put_source(cJSON *j, const struct run_record *r)
{
	cJSON *o = json_put_object(j, "source");
	const char *dirty = kvs_get(&r->tags, "mlp.source.dirty");
	put_tag(o, "uri", r, "mlflow.source.name");
	put_tag(o, "repo_url", r, "mlflow.source.git.repoURL");
	put_tag(o, "commit", r, "mlflow.source.git.commit");
	put_tag(o, "version", r, "mlp.source.version");
	put_tag(o, "subdir", r, "mlp.source.subdir");
	if (dirty && *dirty)
		json_put_bool(o, "dirty", strcmp(dirty, "true") == 0);
	else
		json_put_null(o, "dirty");
}

static void put_kvs(cJSON *j, const char *name, const struct kvs *kvs)
{
	cJSON *o = json_put_object(j, name);
	for (size_t i = 0; i < kvs->n; i++)
		json_put_str(o, kvs->v[i].key, kvs->v[i].value);
}

static void put_time(cJSON *j, const char *name, int64_t ms)
{
	if (ms < 0)
		json_put_null(j, name);
	else
		json_put_int(j, name, ms);
}

cJSON *run_to_json(const struct run_record *r)
{
	cJSON *j = cJSON_CreateObject(), *o;
	char id[32];
	const char *env = kvs_get(&r->tags, "mlflow.project.env");
	snprintf(id, sizeof(id), "%lld", (long long)r->experiment_id);
	json_put_str(j, "run_id", r->run_id);
	json_put_str(j, "run_name", r->name);
	json_put_str(j, "experiment_id", id);
	json_put_str(j, "experiment_name", r->experiment_name);
	json_put_str(j, "status", run_status_word(r->status));
	put_tag(j, "reason", r, "mlp.reason");
	put_exit(j, r);
	put_time(j, "start_time", r->start_time);
	put_time(j, "end_time", r->end_time);
	put_tag(j, "entry_point", r, "mlflow.project.entryPoint");
	put_tag(j, "command", r, "mlp.command");
	put_source(j, r);
	put_kvs(j, "params", &r->params);
	put_kvs(j, "tags", &r->tags);
	o = json_put_object(j, "metrics");
	for (size_t i = 0; i < r->nmetrics; i++)
		json_put_double(o, r->metrics[i].key, r->metrics[i].value);
	json_put_str(j, "artifact_uri", r->artifact_uri);
	o = json_put_object(j, "env");
	json_put_str(o, "kind", env ? env : "local");
	return j;
}
