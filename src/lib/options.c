/* SPDX-License-Identifier: MIT */
#include "lib/options.h"

#include "base/utf8.h"
#include "manifest/retryrule.h"

/* JSON holds UTF-8 only; anything else would arrive as something else. */
static int put(cJSON *to, const char *name, const char *text, struct err *err)
{
	size_t n = text ? strlen(text) : 0;
	if (text && utf8_valid_prefix(text, n) < n)
		return err_set(err, ERR_USAGE, "%s is not valid UTF-8", name);
	json_put_str(to, name, text);
	return 0;
}

static int put_pairs(
    cJSON *to, const char *name, const struct mlp_pair *v, size_t n, struct err *err)
{
	cJSON *list = json_put_array(to, name);
	for (size_t i = 0; i < n; i++) {
		cJSON *pair = json_put_object(list, NULL);
		if (!v[i].key || !v[i].value)
			return err_set(err, ERR_USAGE,
			    "%s: number %zu has no key or no value", name, i);
		if (put(pair, "key", v[i].key, err) < 0 ||
		    put(pair, "value", v[i].value, err) < 0)
			return err_wrap(err, "%s, number %zu", name, i);
	}
	return 0;
}

/* Here a value may be missing. */
static int put_docker_args(cJSON *to, const struct mlp_run_options *o, struct err *err)
{
	cJSON *list = json_put_array(to, "docker_args");
	for (size_t i = 0; i < o->ndocker_args; i++) {
		cJSON *pair = json_put_object(list, NULL);
		if (!o->docker_args[i].key)
			return err_set(
			    err, ERR_USAGE, "docker_args: number %zu has no key", i);
		if (put(pair, "key", o->docker_args[i].key, err) < 0 ||
		    put(pair, "value", o->docker_args[i].value, err) < 0)
			return err_wrap(err, "docker_args, number %zu", i);
	}
	return 0;
}

static int put_context(cJSON *rq, const struct mlp *m, struct err *err)
{
	bool by_default = strcmp(m->tracking.from, "the default") == 0;
	json_put_int(rq, "parent", getpid());
	if (put(rq, "directory", m->ctx.cwd, err) < 0 ||
	    put(rq, "cache_dir", m->ctx.cache_dir, err) < 0 ||
	    put(rq, "state_dir", m->ctx.state_dir, err) < 0 ||
	    put(rq, "tracking_uri", by_default ? NULL : m->tracking.uri, err) < 0)
		return -1;
	return 0;
}

/* A project, or a run. */
static int check_what(const struct mlp_run_options *o, struct err *err)
{
	bool project = o->uri && *o->uri, again = o->rerun_of && *o->rerun_of;
	if (!project && !again)
		return err_set(err, ERR_USAGE,
		    "neither a project (uri) nor a run (rerun_of) is named");
	if (again && (project || o->version))
		return err_set(err, ERR_USAGE,
		    "rerun_of goes with neither uri nor version: the record of the run "
		    "has them");
	return 0;
}

/* As the command line has them. */
static const int64_t memory_least = 6 << 20;
static const double cpus_least = 0.01, cpus_most = 100000;

static int check_limits(const struct mlp_run_options *o, struct err *err)
{
	if (o->timeout_ms < 0)
		return err_set(err, ERR_USAGE, "timeout_ms is negative");
	if (o->memory_bytes != 0 && o->memory_bytes < memory_least)
		return err_set(err, ERR_USAGE, "memory_bytes is %lld, the least is %lld",
		    (long long)o->memory_bytes, (long long)memory_least);
	if (o->cpus != 0 && !(o->cpus >= cpus_least && o->cpus <= cpus_most))
		return err_set(
		    err, ERR_USAGE, "cpus: %g is not a number of processors", o->cpus);
	if (o->log_limit < 0)
		return err_set(err, ERR_USAGE, "log_limit is negative");
	if (o->retry_delay_ms < 0)
		return err_set(err, ERR_USAGE, "retry_delay_ms is negative");
	if (o->retries > RETRIES_MOST)
		return err_set(err, ERR_USAGE, "retries is %d, the most is %d",
		    o->retries, RETRIES_MOST);
	return 0;
}

/* What is not there is what the manifest says. */
static int put_limits(cJSON *rq, const struct mlp_run_options *o, struct err *err)
{
	if (check_limits(o, err) < 0)
		return -1;
	json_put_int(rq, "timeout_ms", o->timeout_ms);
	json_put_int(rq, "memory_bytes", o->memory_bytes);
	json_put_double(rq, "cpus", o->cpus);
	json_put_int(rq, "log_limit", o->log_limit);
	if (o->retries != 0)
		json_put_int(rq, "retries", o->retries < 0 ? 0 : o->retries);
	json_put_int(rq, "retry_delay_ms", o->retry_delay_ms);
	if (put(rq, "retry_on", o->retry_on, err) < 0 ||
	    put(rq, "on_end", o->on_end, err) < 0)
		return -1;
	return 0;
}

static int put_options(cJSON *rq, const struct mlp_run_options *o, struct err *err)
{
	if (check_what(o, err) < 0)
		return -1;
	if (put_limits(rq, o, err) < 0)
		return -1;
	if (o->output != MLP_OUTPUT_KEEP && o->output != MLP_OUTPUT_PASS)
		return err_set(err, ERR_USAGE, "%d is no kind of output", o->output);
	if (o->detach && o->output != MLP_OUTPUT_KEEP)
		return err_set(err, ERR_USAGE,
		    "detach goes with MLP_OUTPUT_KEEP: what outlives the host does not "
		    "write where it did");
	json_put_bool(rq, "offline", o->offline != 0);
	json_put_bool(rq, "direct", o->direct != 0);
	json_put_bool(rq, "build_image", o->build_image != 0);
	json_put_bool(rq, "quiet", o->output == MLP_OUTPUT_KEEP);
	if (put(rq, "uri", o->uri, err) < 0 || put(rq, "version", o->version, err) < 0 ||
	    put(rq, "rerun_of", o->rerun_of, err) < 0 ||
	    put(rq, "entry_point", o->entry_point, err) < 0 ||
	    put(rq, "experiment_name", o->experiment_name, err) < 0 ||
	    put(rq, "experiment_id", o->experiment_id, err) < 0 ||
	    put(rq, "run_name", o->run_name, err) < 0 ||
	    put(rq, "run_id", o->run_id, err) < 0 ||
	    put(rq, "env_manager", o->env_manager, err) < 0 ||
	    put(rq, "storage_dir", o->storage_dir, err) < 0 ||
	    put_pairs(rq, "params", o->params, o->nparams, err) < 0 ||
	    put_pairs(rq, "tags", o->tags, o->ntags, err) < 0 ||
	    put_docker_args(rq, o, err) < 0)
		return -1;
	return 0;
}

int options_to_request(const struct mlp *m, const struct mlp_run_options *o,
    const char *new_id, cJSON *request, struct err *err)
{
	if (put_context(request, m, err) < 0 || put_options(request, o, err) < 0)
		return -1;
	json_put_str(request, "new_id", new_id);
	return 0;
}
