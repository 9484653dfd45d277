/* SPDX-License-Identifier: MIT */
/* mlp sweep: one project at many points. */
#include <errno.h>
#include <signal.h>
#include <sys/random.h>

#include "cli/jobs.h"
#include "cli/limitopts.h"
#include "cli/runopts.h"
#include "cli/sweepview.h"
#include "flow/detach.h"

enum {
	OPT_OF_RUN = 100, /* runopts.c knows it by its name */
	OPT_VALUES,
	OPT_JOBS,
	OPT_RANDOM,
	OPT_SEED,
	OPT_METRIC,
	OPT_GOAL,
	OPT_FAIL_FAST,
	OPT_FORCE,
	OPT_JSON,
	OPT_CSV,
};

static const struct opt sweep_opts[] = {
    {OPT_VALUES, 'P', "param-list", "param", "NAME=VALUES", NULL,
	"lr=0.1,0.01  depth=range(2,9,2)  x=@points.csv\n"
	"and with --random uniform(0,1), loguniform(1e-5,1)"},
    {OPT_JOBS, 'j', "jobs", NULL, "N", "MLP_JOBS", "So many runs at once (1)"},
    {OPT_METRIC, 0, "metric", NULL, "NAME", NULL, "What tells which point is best"},
    {OPT_GOAL, 0, "goal", NULL, "min|max", NULL, "Is less of it better (min) or more"},
    {OPT_RANDOM, 0, "random", NULL, "N", NULL, "N random points, not all there are"},
    {OPT_SEED, 0, "seed", NULL, "S", NULL, "The same number, the same points"},
    {OPT_FAIL_FAST, 0, "fail-fast", NULL, NULL, NULL,
	"End at the first point that fails"},
    {OPT_FORCE, 0, "force", NULL, NULL, NULL,
	"With resume, extend: although the project has changed"},
    {OPT_OF_RUN, 'd', "detach", NULL, NULL, NULL,
	"Run in the background; print the parent's run id at once"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL, "The table at the end as JSON"},
    {OPT_CSV, 0, "csv", NULL, NULL, NULL, "The table at the end as CSV"},
    {OPT_OF_RUN, 'e', "entry-point", NULL, "NAME", NULL,
	"Entry point, or a script of the project (main)"},
    {OPT_OF_RUN, 'A', "docker-args", NULL, "NAME=VALUE", NULL,
	"Option for docker run: -A gpus=all, -A t; repeatable"},
    {OPT_OF_RUN, 0, "experiment-name", NULL, "NAME", "MLFLOW_EXPERIMENT_NAME",
	"Experiment to record in; made if missing"},
    {OPT_OF_RUN, 0, "experiment-id", NULL, "ID", "MLFLOW_EXPERIMENT_ID",
	"Experiment to record in"},
    {OPT_OF_RUN, 0, "env-manager", NULL, "NAME", NULL,
	"local, virtualenv, uv, conda or docker (what the project\nasks for)"},
    {OPT_OF_RUN, 0, "storage-dir", NULL, "DIR", "MLFLOW_TMP_DIR",
	"Keep what path parameters download there (the cache)"},
    {OPT_OF_RUN, 0, "run-name", NULL, "NAME", NULL, "Name of the sweep (generated)"},
    {OPT_OF_RUN, 0, "tag", NULL, "KEY=VALUE", NULL,
	"A tag for the sweep and its runs; repeatable"},
    {OPT_OF_RUN, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where to record (sqlite:///mlflow.db)"},
    {OPT_OF_RUN, 0, "timeout", NULL, "TIME", NULL,
	"Stop a run after this long: 90s, 5m, 2h"},
    {OPT_OF_RUN, 0, "env-file", NULL, "FILE", NULL,
	"Set variables from a dotenv file, unless they are set"},
    {OPT_OF_RUN, 0, "offline", NULL, NULL, "MLP_OFFLINE",
	"Ask nobody over the network; use what is in the cache"},
    {0},
};

struct sweep_args {
	struct runopts ro;
	struct points_want want;
	bool any_of_run; /* an option that only a new sweep can have */
	bool json, csv;
	const char *jobs, *metric, *goal;
	bool fail_fast, force;
	const char *words[3];
	size_t nwords;
};

static int take_random(struct points_want *w, const char *value, struct err *err)
{
	char *end;
	long v = strtol(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || v < 1 || v > POINTS_MAX)
		return err_set(err, ERR_USAGE,
		    "--random: '%.40s' is not a number from 1 to %d", value, POINTS_MAX);
	w->random = (size_t)v;
	return 0;
}

static int take_seed(struct sweep_args *sa, const char *value, struct err *err)
{
	char *end;
	errno = 0;
	sa->want.seed = strtoull(value, &end, 10);
	sa->want.seeded = true;
	if (value[0] >= '0' && value[0] <= '9' && !*end && errno == 0)
		return 0;
	return err_set(err, ERR_USAGE, "--seed: '%.40s' is not a whole number", value);
}

static int take_goal(struct sweep_args *sa, const char *value, struct err *err)
{
	sa->goal = value;
	if (strcmp(value, "min") == 0 || strcmp(value, "max") == 0)
		return 0;
	return err_set(err, ERR_USAGE, "--goal: '%.40s' is neither min nor max", value);
}

/* Also of a sweep that there is. */
static bool is_of_any(const char *name)
{
	static const char *const names[] = {
	    "detach", "tracking-uri", "env-file", "offline"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* One of the options that `mlp run` has, too. */
static int take_of_run(struct cli *cli, struct sweep_args *sa, const struct opt *opt,
    const char *value, struct err *err)
{
	const struct opt *o = run_opts;
	while (o->id && strcmp(o->name, opt->name) != 0)
		o++;
	sa->any_of_run |= !is_of_any(opt->name);
	return runopts_take(cli, &sa->ro, opt->id == OPT_OF_RUN ? o : opt, value, err);
}

static int take(struct cli *cli, struct sweep_args *sa, const struct opt *opt,
    const char *value, struct err *err)
{
	switch (opt->id) {
	case OPT_VALUES:
		return points_want_add(&cli->arena, &sa->want, value, err);
	case OPT_JOBS:
		sa->jobs = value;
		return 0;
	case OPT_RANDOM:
		return take_random(&sa->want, value, err);
	case OPT_SEED:
		return take_seed(sa, value, err);
	case OPT_METRIC:
		sa->metric = value;
		return 0;
	case OPT_GOAL:
		return take_goal(sa, value, err);
	case OPT_FAIL_FAST:
		sa->fail_fast = true;
		return 0;
	case OPT_FORCE:
		sa->force = true;
		return 0;
	case OPT_JSON:
		sa->json = true;
		return 0;
	case OPT_CSV:
		sa->csv = true;
		return 0;
	default:
		return take_of_run(cli, sa, opt, value, err);
	}
}

enum what { RESUME, EXTEND, SHOW, NEW };

/* The first word of two is no name of a project. */
static enum what what_is_wanted(const struct sweep_args *sa)
{
	static const char *const words[] = {"resume", "extend", "show"};
	enum what what = RESUME;
	while (what < NEW && (sa->nwords < 2 || strcmp(sa->words[0], words[what]) != 0))
		what++;
	return what;
}

static int check_words(const struct sweep_args *sa, enum what what, struct err *err)
{
	if (sa->json && sa->csv)
		return err_set(err, ERR_USAGE, "--json and --csv contradict each other");
	if ((what == NEW || what == SHOW) && sa->force)
		return err_set(err, ERR_USAGE, "--force goes with resume and extend");
	if (what == SHOW && (sa->jobs || sa->fail_fast || sa->ro.detach))
		return err_set(err, ERR_USAGE,
		    "show runs nothing: only --metric, --goal, --tracking-uri, --json "
		    "and --csv can be given");
	if (what != NEW && sa->any_of_run)
		return err_set(err, ERR_USAGE,
		    "a sweep that there is goes on as it began: only -j, -d, --metric, "
		    "--goal, --fail-fast, --force, --tracking-uri, --env-file, "
		    "--offline, --json and --csv can be given");
	if ((what == RESUME || what == SHOW) &&
	    (sa->want.ngiven || sa->want.random || sa->want.seeded)) {
		err_set(err, ERR_USAGE, "%s takes no points", sa->words[0]);
		return err_hint(err, "mlp sweep extend RUN adds some");
	}
	if (what == NEW && sa->want.ngiven == 0)
		return err_set(err, ERR_USAGE, "a sweep needs values: -P NAME=VALUES");
	if (what == EXTEND && sa->want.ngiven == 0 && sa->want.random == 0)
		return err_set(
		    err, ERR_USAGE, "extend needs values, -P NAME=VALUES, or --random N");
	if (sa->want.seeded && sa->want.random == 0)
		return err_set(err, ERR_USAGE, "--seed goes with --random");
	if (sa->goal && !sa->metric && what == NEW)
		return err_set(err, ERR_USAGE, "--goal goes with --metric");
	return 0;
}

static int start(struct cli *cli, struct sweep *s, struct sweep_args *sa, enum what what,
    struct err *err)
{
	if (what == SHOW)
		return sweep_read(s, sa->words[1], err);
	if (what == RESUME)
		return sweep_resume(s, sa->words[1], NULL, err);
	if (what == EXTEND)
		return sweep_resume(s, sa->words[1], &sa->want, err);
	if (sa->want.random && !sa->want.seeded) {
		uint32_t seed;
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			seed = (uint32_t)getpid();
		sa->want.seed = seed;
		ctx_say(&cli->ctx, SAY_INFO, "--seed %lu", (unsigned long)seed);
	}
	s->want = sa->want;
	return sweep_begin(s, err);
}

static int exit_code(const struct sweep *s)
{
	if (s->outcome == RUN_KILLED)
		return 128 + s->stop_signal;
	return s->outcome == RUN_FINISHED ? CLI_OK : CLI_FAILED;
}

static int table(struct sweepview *v, const struct sweep_args *sa)
{
	int code = sa->json  ? sweepview_json(v)
		   : sa->csv ? sweepview_csv(v)
			     : sweepview_table(v);
	sweepview_end(v);
	return code;
}

/* In the background what is said, and the table, are the parent's logs. */
static void leave(struct cli *cli, const struct sweep *s, int *to)
{
	detach_streams(s->is_done ? NULL : s->log_dir);
	cli->colour_out = cli->colour_err = false;
	detach_tell(to, s->run_id);
}

/* `to`: who waits until it is on record; -1: nobody, it is in the foreground. */
static int go(struct sweepview *v, struct sweep *s, const struct sweep_args *sa, int to)
{
	struct cli *cli = v->cli;
	struct sweep_count c = sweep_count(s);
	struct err err = ERR_INIT;
	int code;
	s->told = sweepview_told;
	s->status = cli->least <= SAY_INFO ? sweepview_status : NULL;
	ctx_say(&cli->ctx, SAY_INFO, "sweep %s (%s): %zu points, %zu to run", s->name,
	    s->run_id, s->points.n, s->points.n - c.finished);
	if (to >= 0)
		leave(cli, s, &to);
	if (sweep_run(s, &err) < 0)
		cli_error(cli, &err);
	code = table(v, sa);
	return exit_code(s) ? exit_code(s) : code;
}

static int fail(struct cli *cli, const struct err *err)
{
	cli_error(cli, err);
	return err->code == ERR_USAGE	      ? CLI_USAGE
	       : err->code == ERR_INTERRUPTED ? 128 + err->sys
					      : CLI_FAILED;
}

static void take_args(const struct sweep_args *sa, struct sweepview *v, struct sweep *s)
{
	s->ctx = &v->cli->ctx;
	s->a = &v->cli->arena;
	s->rq = sa->ro.rq;
	s->metric = sa->metric;
	s->goal_given = sa->goal != NULL;
	s->maximize = sa->goal && strcmp(sa->goal, "max") == 0;
	s->fail_fast = sa->fail_fast;
	s->force = sa->force;
	s->background = sa->ro.detach;
	s->diags = sweepview_diags;
	s->arg = v;
}

static int begin(
    struct sweepview *v, struct sweep *s, struct sweep_args *sa, enum what what, int to)
{
	struct err err = ERR_INIT;
	int code;
	if (start(v->cli, s, sa, what, &err) < 0)
		code = fail(v->cli, &err);
	else
		code = what == SHOW ? table(v, sa) : go(v, s, sa, to);
	sweep_release(s);
	return code;
}

static int begin_away(
    struct sweepview *v, struct sweep *s, struct sweep_args *sa, enum what what)
{
	struct cli *cli = v->cli;
	struct detached d;
	struct err err = ERR_INIT;
	char id[65];
	int to = -1, code, rc = detach_fork(&d, &to, &err);
	if (rc < 0)
		return fail(cli, &err);
	if (rc > 0) {
		cli_hear_signals();
		signal(SIGHUP, SIG_IGN); /* of a terminal that is none of ours any more */
		return begin(v, s, sa, what, to);
	}
	if (detach_wait(&cli->ctx, &d, id, &code) != 0)
		return code;
	return cli_print(arena_printf(&cli->arena, "%s\n", id), strlen(id) + 1);
}

static int sweep(struct cli *cli, struct sweep_args *sa)
{
	enum what what = what_is_wanted(sa);
	struct sweep s = SWEEP_INIT;
	struct sweepview v = {
	    .cli = cli, .sweep = &s, .line = BUF_INIT, .only_shown = what == SHOW};
	struct err err = ERR_INIT;
	if (what == NEW && sa->nwords == 0)
		return cli_usage(&cmd_sweep, "Missing argument 'URI'.");
	if (what == NEW && sa->nwords > 1)
		return cli_usage(
		    &cmd_sweep, "Got unexpected argument '%s'.", sa->words[1]);
	if (check_words(sa, what, &err) < 0 || jobs_take(sa->jobs, &s.jobs, &err) < 0)
		return fail(cli, &err);
	sa->ro.rq.uri = sa->words[0];
	if (runopts_finish(cli, &sa->ro, &err) < 0)
		return fail(cli, &err);
	take_args(sa, &v, &s);
	return sa->ro.detach ? begin_away(&v, &s, sa, what) : begin(&v, &s, sa, what, -1);
}

static int run_sweep(struct cli *cli, int argc, char *const *argv)
{
	struct sweep_args sa = {.nwords = 0};
	struct cli_args args;
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_sweep, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (args.it.opt && take(cli, &sa, args.it.opt, args.it.value, &err) < 0)
			return fail(cli, &err);
		if (!args.it.opt && sa.nwords == 2)
			return cli_usage(
			    &cmd_sweep, "Got unexpected argument '%s'.", args.it.value);
		if (!args.it.opt)
			sa.words[sa.nwords++] = args.it.value;
	}
	return more < 0 ? code : sweep(cli, &sa);
}

const struct cmd cmd_sweep = {
    .name = "sweep",
    .args = "[OPTIONS] URI",
    .summary = "Run a project at many points of its parameters",
    .text =
	"A parent run holds the table of the points, and each point is a run nested in\n"
	"it.  A point that fails does not stop the others.\n"
	"'resume' runs those that are missing or failed; 'extend' adds points, too.  "
	"Both\n"
	"refuse where the project has changed since.  'show' prints the table as it is.\n"
	"The exit code is 0 only if all points are FINISHED.",
    .opts = {version_opts, sweep_opts, limit_opts, NULL},
    .run = run_sweep,
};
