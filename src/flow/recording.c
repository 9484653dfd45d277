/* SPDX-License-Identifier: MIT */
#include "flow/recording.h"

#include "base/file.h"
#include "base/path.h"

int recording_check(const struct ctx *ctx, struct arena *a, struct err *err)
{
	const char *path = path_join(a, ctx->libexec ? ctx->libexec : "", "mlp-serve");
	if (access(path, X_OK) == 0)
		return 0;
	err_set(err, ERR_FAIL, "there is no '%s', which takes what the command records",
	    path);
	return err_hint(
	    err, "is the installation whole? --tracking direct does without it");
}

/*
 * MLflow's client refuses to go on with the run when the script has chosen another
 * experiment before, and does not say how to mend it.
 */
static void on_event(void *arg, const cJSON *event)
{
	struct recording *rec = arg;
	const char *kind = json_str(event, "event");
	const char *name = json_str(event, "name");
	if (kind && name && strcmp(kind, "experiment") == 0 && !rec->other_experiment)
		rec->other_experiment = arena_strdup(rec->a, name);
}

/* Who may ask, and by which name. */
static void put_reach(cJSON *j, const struct recording *rec)
{
	const struct env_reach *r = rec->reach;
	cJSON *list;
	if (r->name) {
		list = json_put_array(j, "hosts");
		json_put_str(list, NULL,
		    arena_printf(rec->a, "%s:%d", r->name, rec->endpoint.port));
	}
	if (r->ask) {
		list = json_put_array(j, "peers");
		for (char *const *word = r->ask; *word; word++)
			json_put_str(list, NULL, *word);
	}
}

static cJSON *make_request(
    const struct recording *rec, const struct tracking *t, const struct run_record *run)
{
	const char *served = path_join(rec->a, path_dir(rec->a, t->path), "mlartifacts");
	cJSON *j = cJSON_CreateObject();
	json_put_str(j, "mode", "endpoint");
	json_put_str(j, "mlp", MLP_VERSION);
	json_put_int(j, "parent", getpid());
	json_put_str(j, "store", t->path);
	json_put_str(j, "artifact_root", t->artifact_location);
	/* of experiments that an `mlp server` or `mlflow server` made here */
	if (path_is_dir(served))
		json_put_str(j, "artifacts", served);
	json_put_str(j, "key", rec->endpoint.key);
	json_put_int(j, "experiment_id", run->experiment_id);
	json_put_str(j, "run_id", run->run_id);
	put_reach(j, rec);
	return j;
}

static const char *endpoint_uri(struct recording *rec)
{
	const struct env_reach *r = rec->reach;
	const char *host = r->name ? r->name : r->address ? r->address : "127.0.0.1";
	bool six = strchr(host, ':');
	return arena_printf(rec->a, "http://%s%s%s:%d/%s", six ? "[" : "", host,
	    six ? "]" : "", rec->endpoint.port, rec->endpoint.key);
}

int recording_open(struct recording *rec, const struct ctx *ctx, struct arena *a,
    const struct tracking *t, const struct run_record *run, struct childenv *c,
    struct err *err)
{
	c->tracking_uri = rec->direct ? t->uri : NULL;
	if (rec->direct || rec->reach->never)
		return 0;
	rec->a = a;
	if (endpoint_open(
		&rec->endpoint, ctx, rec->reach->address, rec->reach->early, err) < 0)
		return -1;
	rec->request = make_request(rec, t, run);
	rec->endpoint.request = rec->request;
	rec->endpoint.on_event = on_event;
	rec->endpoint.arg = rec;
	c->store_uri = t->uri;
	c->tracking_uri = endpoint_uri(rec);
	c->endpoint_name = rec->reach->name ? rec->reach->name : rec->reach->address;
	return 0;
}

void recording_close(struct recording *rec)
{
	endpoint_close(&rec->endpoint, 0);
	cJSON_Delete(rec->request);
	rec->request = NULL;
}
