/* SPDX-License-Identifier: MIT */
#include "cli/runopts.h"

#include "cli/limitopts.h"

#include "base/clock.h"
#include "base/file.h"

enum {
	OPT_ENTRY = 1,
	OPT_VERSION_REV,
	OPT_PARAM,
	OPT_PARAMS,
	OPT_DOCKER_ARGS,
	OPT_EXPERIMENT_NAME,
	OPT_EXPERIMENT_ID,
	OPT_BACKEND,
	OPT_BACKEND_CONFIG,
	OPT_ENV_MANAGER,
	OPT_STORAGE_DIR,
	OPT_RUN_ID,
	OPT_RUN_NAME,
	OPT_BUILD_IMAGE,
	OPT_TAG,
	OPT_TRACKING_URI,
	OPT_TRACKING,
	OPT_WATCH,
	OPT_TIMEOUT,
	OPT_ENV_FILE,
	OPT_OFFLINE,
	OPT_DETACH,
	OPT_JOBS,
	OPT_HOLD,
	OPT_DRY_RUN,
	OPT_JSON,
};

const struct opt version_opts[] = {
    {OPT_VERSION_REV, 'v', "version", NULL, "VERSION", NULL,
	"Branch, tag or commit of a git project"},
    {0},
};

const struct opt run_opts[] = {
    {OPT_ENTRY, 'e', "entry-point", NULL, "NAME", NULL,
	"Entry point, or a script of the project (main)"},
    {OPT_PARAM, 'P', "param-list", "param", "NAME=VALUE", NULL,
	"A parameter; repeatable"},
    {OPT_PARAMS, 0, "params", NULL, "FILE", NULL,
	"Parameters from a YAML or JSON file; -P wins"},
    {OPT_DOCKER_ARGS, 'A', "docker-args", NULL, "NAME=VALUE", NULL,
	"Option for docker run: -A gpus=all, -A t; repeatable"},
    {OPT_EXPERIMENT_NAME, 0, "experiment-name", NULL, "NAME", "MLFLOW_EXPERIMENT_NAME",
	"Experiment to record in; made if missing"},
    {OPT_EXPERIMENT_ID, 0, "experiment-id", NULL, "ID", "MLFLOW_EXPERIMENT_ID",
	"Experiment to record in"},
    {OPT_BACKEND, 'b', "backend", NULL, "BACKEND", NULL, "Only local, so far"},
    {OPT_BACKEND_CONFIG, 'c', "backend-config", NULL, "FILE", NULL,
	"JSON text or a .json file; checked, unused by local"},
    {OPT_ENV_MANAGER, 0, "env-manager", NULL, "NAME", NULL,
	"local, virtualenv, uv, conda or docker (what the project\nasks for)"},
    {OPT_STORAGE_DIR, 0, "storage-dir", NULL, "DIR", "MLFLOW_TMP_DIR",
	"Keep what path parameters download there (the cache)"},
    {OPT_RUN_ID, 0, "run-id", NULL, "RUN_ID", NULL, "Record into an existing run"},
    {OPT_RUN_NAME, 0, "run-name", NULL, "NAME", NULL, "Name of the run (generated)"},
    {OPT_BUILD_IMAGE, 0, "build-image", NULL, NULL, NULL,
	"Build an image from the project and run in it"},
    {OPT_TAG, 0, "tag", NULL, "KEY=VALUE", NULL, "A tag for the run; repeatable"},
    {OPT_TRACKING_URI, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where to record (sqlite:///mlflow.db)"},
    {OPT_TRACKING, 0, "tracking", NULL, "endpoint|direct", NULL,
	"How the command records: through mlp (endpoint) or itself"},
    {OPT_WATCH, 0, "watch", NULL, NULL, NULL,
	"Show the last metrics on one line of the terminal"},
    {OPT_TIMEOUT, 0, "timeout", NULL, "TIME", NULL,
	"Stop the command after this long: 90s, 5m, 2h"},
    {OPT_ENV_FILE, 0, "env-file", NULL, "FILE", NULL,
	"Set variables from a dotenv file, unless they are set"},
    {OPT_OFFLINE, 0, "offline", NULL, NULL, "MLP_OFFLINE",
	"Ask nobody over the network; use what is in the cache"},
    {OPT_DETACH, 'd', "detach", NULL, NULL, NULL,
	"Run in the background; print the run id at once"},
    {OPT_JOBS, 'j', "jobs", NULL, "N", "MLP_JOBS",
	"With -d: queue it; N queued runs at once, from now on"},
    {OPT_HOLD, 0, "hold", NULL, NULL, NULL,
	"With -d: queue it, until 'mlp queue release'"},
    {OPT_DRY_RUN, 0, "dry-run", NULL, NULL, NULL,
	"Print the plan; run and record nothing"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL, "With --dry-run: the plan as JSON"},
    {0},
};

static int take_param(
    struct cli *cli, struct runopts *ro, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');
	if (!eq) {
		err_set(err, ERR_USAGE,
		    "Invalid format for -P parameter: '%s'. Use -P name=value.", text);
		return -1;
	}
	return given_param(&cli->arena, &ro->params,
	    arena_strndup(&cli->arena, text, (size_t)(eq - text)), eq + 1, err);
}

static int take_tag(
    struct cli *cli, struct runopts *ro, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');
	if (!eq) {
		err_set(err, ERR_USAGE, "--tag: '%s' is not of the form key=value", text);
		return -1;
	}
	return given_tag(&cli->arena, &ro->rq.tags,
	    arena_strndup(&cli->arena, text, (size_t)(eq - text)), eq + 1, err);
}

static int take_tracking(struct runopts *ro, const char *value, struct err *err)
{
	ro->rq.direct = strcmp(value, "direct") == 0;
	if (ro->rq.direct || strcmp(value, "endpoint") == 0)
		return 0;
	return err_set(
	    err, ERR_USAGE, "--tracking: '%s' is neither endpoint nor direct", value);
}

static int take_backend(const char *value, struct err *err)
{
	if (strcmp(value, "local") == 0)
		return 0;
	err_set(err, ERR_USAGE, "--backend %s is not supported by this version", value);
	return err_hint(err, "leave it out, or use --backend local");
}

/* mlflow takes JSON text, or the path of a file that ends in .json. */
static int take_backend_config(const char *value, struct err *err)
{
	size_t n = strlen(value);
	struct err why = ERR_INIT;
	auto_buf text = BUF_INIT;
	if (n > 5 && strcmp(value + n - 5, ".json") == 0) {
		if (file_read(value, 1 << 20, &text, err) < 0) {
			err->code = ERR_USAGE;
			return err_wrap(err, "--backend-config");
		}
	} else {
		buf_adds(&text, value);
	}
	auto_json j = json_parse(text.s, text.len, "the text", &why);
	if (!j)
		return err_set(err, ERR_USAGE,
		    "Invalid backend config JSON. Parse error: %s", why.msg);
	return 0;
}

static int take_docker_arg(
    struct cli *cli, struct runopts *ro, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');
	size_t n = eq ? (size_t)(eq - text) : strlen(text);
	return given_docker_arg(&cli->arena, &ro->rq.plan.env,
	    arena_strndup(&cli->arena, text, n), eq ? eq + 1 : NULL, err);
}

static void take_flag(struct cli *cli, struct runopts *ro, int id)
{
	ro->rq.plan.env.build_image |= id == OPT_BUILD_IMAGE;
	cli->ctx.offline |= id == OPT_OFFLINE;
	ro->dry_run |= id == OPT_DRY_RUN;
	ro->detach |= id == OPT_DETACH;
	ro->queue.held |= id == OPT_HOLD;
	ro->json |= id == OPT_JSON;
}

static int take_timeout(struct runopts *ro, const char *value, struct err *err)
{
	return clock_parse_duration(value, &ro->rq.plan.timeout_ms, err) < 0
		   ? err_wrap(err, "--timeout")
		   : 0;
}

static int take_other(struct cli *cli, struct runopts *ro, const struct opt *opt,
    const char *value, struct err *err)
{
	int rc = limitopts_take(&ro->rq, opt, value, err);
	if (rc > 0)
		take_flag(cli, ro, opt->id);
	return rc < 0 ? -1 : 0;
}

int runopts_take(struct cli *cli, struct runopts *ro, const struct opt *opt,
    const char *value, struct err *err)
{
	struct run_request *rq = &ro->rq;
	switch (opt->id) {
	case OPT_ENTRY:
		rq->plan.entry_point = value;
		return 0;
	case OPT_VERSION_REV:
		rq->version = value;
		return 0;
	case OPT_PARAM:
		return take_param(cli, ro, value, err);
	case OPT_PARAMS:
		ro->params_file = value;
		return 0;
	case OPT_DOCKER_ARGS:
		return take_docker_arg(cli, ro, value, err);
	case OPT_EXPERIMENT_NAME:
		rq->experiment.name = value;
		return 0;
	case OPT_EXPERIMENT_ID:
		rq->experiment.id = value;
		return 0;
	case OPT_BACKEND:
		return take_backend(value, err);
	case OPT_BACKEND_CONFIG:
		return take_backend_config(value, err);
	case OPT_ENV_MANAGER:
		rq->plan.env.env_manager = value;
		return 0;
	case OPT_RUN_ID:
		rq->run_id = value;
		return 0;
	case OPT_RUN_NAME:
		rq->run_name = value;
		return 0;
	case OPT_TAG:
		return take_tag(cli, ro, value, err);
	case OPT_TRACKING_URI:
		rq->tracking_uri = value;
		return 0;
	case OPT_TRACKING:
		return take_tracking(ro, value, err);
	case OPT_WATCH:
		rq->watch = true;
		return 0;
	case OPT_TIMEOUT:
		return take_timeout(ro, value, err);
	case OPT_JOBS:
		return queue_slots_parse(value, &ro->queue.slots, err) < 0
			   ? err_wrap(err, "--jobs")
			   : 0;
	case OPT_ENV_FILE:
		return env_file_load(value, err);
	case OPT_STORAGE_DIR:
		rq->plan.storage_dir = value;
		return 0;
	default:
		return take_other(cli, ro, opt, value, err);
	}
}

/* The file's parameters come first, so that a -P of the same name wins. */
static int add_params_file(struct cli *cli, struct runopts *ro, struct err *err)
{
	struct param_input *all, *from_file = NULL;
	size_t n = 0;
	if (ro->params_file &&
	    params_file_read(&cli->arena, ro->params_file, &from_file, &n, err) < 0)
		return -1;
	all = arena_array(&cli->arena, n + ro->params.n + 1, sizeof(*all));
	if (n)
		memcpy(all, from_file, n * sizeof(*all));
	if (ro->params.n)
		memcpy(all + n, ro->params.v, ro->params.n * sizeof(*all));
	ro->rq.plan.params = all;
	ro->rq.plan.nparams = n + ro->params.n;
	return 0;
}

/* Is it queued, and for how many slots? */
static int finish_queue(struct runopts *ro, struct err *err)
{
	const char *jobs = getenv("MLP_JOBS");
	if (!ro->detach && (ro->queue.slots || ro->queue.held)) {
		err_set(err, ERR_USAGE, "%s goes with --detach",
		    ro->queue.slots ? "--jobs" : "--hold");
		return err_hint(err,
		    "mlp run -d %s ...: queued runs are in the background",
		    ro->queue.slots ? "-j N" : "--hold");
	}
	if (ro->detach && !ro->queue.slots && jobs && *jobs &&
	    queue_slots_parse(jobs, &ro->queue.slots, err) < 0)
		return err_wrap(err, "MLP_JOBS");
	ro->queued = ro->detach && (ro->queue.slots || ro->queue.held);
	return 0;
}

int runopts_finish(struct cli *cli, struct runopts *ro, struct err *err)
{
	if (ro->json && !ro->dry_run) {
		err_set(err, ERR_USAGE, "--json goes with --dry-run");
		return err_hint(err, "for the record of a run: mlp show RUN --json");
	}
	if (finish_queue(ro, err) < 0 || add_params_file(cli, ro, err) < 0)
		return -1;
	return given_finish(&cli->ctx, &cli->arena, &ro->rq, err);
}
