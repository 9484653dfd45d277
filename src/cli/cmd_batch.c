/* SPDX-License-Identifier: MIT */
/* mlp batch: many runs for a program: requests in, results out, one JSON object a line. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/jobs.h"
#include "flow/batchline.h"
#include "flow/crew.h"
#include "flow/requestjson.h"
#include "track/names.h"

enum { OPT_JOBS = 1, OPT_TRACKING_URI };

static const struct opt batch_opts[] = {
    {OPT_JOBS, 'j', "jobs", NULL, "N", "MLP_JOBS", "So many runs at once (1)"},
    {OPT_TRACKING_URI, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where to record (sqlite:///mlflow.db)"},
    {0},
};

struct batch {
	struct cli *cli;
	const char *file, *tracking_uri;
	struct crew crew;
	int input; /* -1: it has ended */
	struct buf in;
	bool skipping; /* the rest of a line that is too long */
	bool unheard;  /* nobody reads our results any more */
	int64_t line;  /* of the one that was taken last */
	size_t finished, others, wrong;
};

static void put_result(struct batch *b, int64_t line, const cJSON *result)
{
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	const cJSON *m;
	json_put_int(j, "line", line);
	cJSON_ArrayForEach(m, result)
	{
		json_put(j, m->string, cJSON_Duplicate(m, true));
	}
	json_print(&text, j, false);
	buf_addc(&text, '\n');
	if (!b->unheard && fd_write_all(STDOUT_FILENO, text.s, text.len) < 0) {
		b->unheard = true;
		ctx_say(&b->cli->ctx, SAY_WARNING,
		    "the results cannot be written (%s): no more runs are started",
		    strerror(errno));
	}
}

static void on_end(void *arg, int64_t line, const cJSON *result)
{
	struct batch *b = arg;
	const char *status = json_str(result, "status");
	b->finished += status && strcmp(status, "FINISHED") == 0;
	b->others += status && strcmp(status, "FINISHED") != 0;
	b->wrong += !status;
	put_result(b, line, result);
}

static void refuse(struct batch *b, const struct err *why)
{
	struct err err = ERR_INIT;
	auto_json j = NULL;
	err_set(&err, why->code, "line %lld: %s", (long long)b->line, why->msg);
	err_hint(&err, "%s", why->hint);
	j = crew_failure(&err);
	on_end(b, b->line, j);
}

static int give(struct batch *b, const struct run_request *rq, struct err *err)
{
	auto_json request = request_to_json(rq);
	char id[33];
	struct crew_job job = {.number = b->line, .request = request, .run_id = id};
	run_id_new(id);
	return crew_give(&b->crew, &job, err);
}

static bool is_blank(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr(" \t\r", text[i]) || !text[i])
			return false;
	return true;
}

static void take_line(struct batch *b, const char *text, size_t n)
{
	auto_arena a = ARENA_INIT;
	auto_json j = NULL;
	struct run_request rq;
	struct err err = ERR_INIT;
	b->line++;
	if (is_blank(text, n))
		return;
	if (batchline_parse(&a, text, n, &j, &rq, &err) == 0) {
		rq.tracking_uri = b->tracking_uri;
		if (give(b, &rq, &err) == 0)
			return;
	}
	refuse(b, &err);
}

static void refuse_long(struct batch *b)
{
	struct err err = ERR_INIT;
	b->line++;
	b->skipping = true;
	err_set(&err, ERR_USAGE, "longer than %d bytes", BATCHLINE_MAX);
	refuse(b, &err);
}

/* Drop the first n bytes of what was read. */
static void drop(struct batch *b, size_t n)
{
	memmove(b->in.s, b->in.s + n, b->in.len - n + 1);
	b->in.len -= n;
}

/* One line of what was read, if a worker is free for it.  false: none (yet). */
static bool take_one(struct batch *b)
{
	const char *end = memchr(b->in.s, '\n', b->in.len);
	size_t n = end ? (size_t)(end - b->in.s) : b->in.len;
	bool last = !end && b->input < 0;
	if (crew_idle(&b->crew) == 0 || b->unheard || b->in.len == 0)
		return false;
	if (!b->skipping && n > BATCHLINE_MAX)
		refuse_long(b);
	if (!end && !last && !b->skipping)
		return false;
	if (!b->skipping)
		take_line(b, b->in.s, n);
	b->skipping = b->skipping && !end;
	drop(b, n + (end != NULL));
	return true;
}

static void read_more(struct batch *b)
{
	ssize_t n;
	buf_reserve(&b->in, 65536);
	n = read(b->input, b->in.s + b->in.len, 65536);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		struct err err = ERR_INIT;
		err_sys(&err, errno, "cannot read '%s'", b->file);
		cli_error(b->cli, &err);
		b->wrong++;
	}
	if (n <= 0) {
		if (b->input != STDIN_FILENO)
			close(b->input);
		b->input = -1;
		return;
	}
	b->in.len += (size_t)n;
	b->in.s[b->in.len] = '\0';
}

static bool wants_more(const struct batch *b)
{
	return b->input >= 0 && !b->unheard && crew_idle(&b->crew) > 0;
}

static void go_on(struct batch *b)
{
	struct pollfd p[CREW_POLLS + 1];
	nfds_t n;
	for (;;) {
		while (take_one(b))
			;
		if (!wants_more(b) && crew_busy(&b->crew) == 0)
			return;
		p[0] = (struct pollfd){
		    .fd = wants_more(b) ? b->input : -1, .events = POLLIN};
		n = crew_poll(&b->crew, p + 1);
		if (poll(p, n + 1, -1) < 0)
			continue;
		crew_go_on(&b->crew, p + 1, on_end, b);
		if (p[0].revents)
			read_more(b);
	}
}

static int open_input(struct batch *b, struct err *err)
{
	if (strcmp(b->file, "-") == 0) {
		b->input = STDIN_FILENO;
		return 0;
	}
	b->input = open(b->file, O_RDONLY | O_CLOEXEC);
	return b->input < 0 ? err_sys(err, errno, "cannot read '%s'", b->file) : 0;
}

static int tell(const struct batch *b)
{
	size_t all = b->finished + b->others + b->wrong;
	auto_buf text = BUF_INIT;
	buf_addf(&text, "%zu run%s: %zu FINISHED", all, all == 1 ? "" : "s", b->finished);
	if (b->others)
		buf_addf(&text, ", %zu not", b->others);
	if (b->wrong)
		buf_addf(&text, ", %zu wrong", b->wrong);
	ctx_say(&b->cli->ctx, SAY_INFO, "%s", text.s);
	if (b->crew.stop_signal)
		return 128 + b->crew.stop_signal;
	return b->others || b->wrong || b->unheard ? CLI_FAILED : CLI_OK;
}

static int batch(struct batch *b, size_t jobs)
{
	struct err err = ERR_INIT;
	int code;
	if (open_input(b, &err) < 0 ||
	    crew_open(&b->crew, &b->cli->ctx, jobs, &err) < 0) {
		cli_error(b->cli, &err);
		return CLI_FAILED;
	}
	go_on(b);
	code = tell(b);
	crew_close(&b->crew);
	buf_release(&b->in);
	return code;
}

static int run_batch(struct cli *cli, int argc, char *const *argv)
{
	struct batch b = {.cli = cli, .in = BUF_INIT};
	struct cli_args args;
	struct err err = ERR_INIT;
	const char *jobs = NULL;
	size_t njobs;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_batch, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt) {
			if (cli_take_arg(&cmd_batch, &b.file, args.it.value, &code) < 0)
				return code;
		} else if (args.it.opt->id == OPT_JOBS) {
			jobs = args.it.value;
		} else {
			b.tracking_uri = args.it.value;
		}
	}
	if (more < 0)
		return code;
	if (!b.file)
		return cli_usage(&cmd_batch, "Missing argument 'FILE'.");
	if (jobs_take(jobs, &njobs, &err) < 0) {
		cli_error(cli, &err);
		return CLI_USAGE;
	}
	return batch(&b, njobs);
}

const struct cmd cmd_batch = {
    .name = "batch",
    .args = "[OPTIONS] FILE",
    .summary = "Run many projects, as a file or a program asks for them",
    .text = "FILE (-: standard input) has a request a line, a JSON object: uri, "
	    "entry_point,\n"
	    "version, params, tags, run_name, experiment_name, env_manager, timeout; as "
	    "each\n"
	    "run ends its result is printed as a line of JSON.\n"
	    "The exit code is 0 only if all runs are FINISHED.",
    .opts = {batch_opts, NULL},
    .run = run_batch,
};
