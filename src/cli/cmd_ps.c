/* SPDX-License-Identifier: MIT */
/* mlp ps: the runs that were started on this machine. */
#include "base/clock.h"
#include "cli/psjson.h"
#include "cli/table.h"
#include "run/proctree.h"

enum { OPT_ALL = 1, OPT_LIMIT, OPT_JSON };
enum { DEFAULT_LIMIT = 20, MAX_LIMIT = 1000000 };

static const struct opt ps_opts[] = {
    {OPT_ALL, 'a', "all", NULL, NULL, NULL, "Also the last ones that have ended"},
    {OPT_LIMIT, 'n', "limit", NULL, "N", NULL,
	"... at most so many of those (20); means --all"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL,
	"A JSON array: what 'mlp runs --json' has, and\n"
	"state, pid, cpu_time_ms, memory_bytes, host"},
    {0},
};

struct ps_args {
	bool all, json;
	size_t limit;
};

static int take(
    struct ps_args *pa, const struct opt *opt, const char *value, struct err *err)
{
	char *end;
	long v;
	switch (opt->id) {
	case OPT_ALL:
		pa->all = true;
		return 0;
	case OPT_JSON:
		pa->json = true;
		return 0;
	default:
		v = strtol(value, &end, 10);
		if (*end || end == value || v < 1 || v > MAX_LIMIT)
			return err_set(err, ERR_USAGE,
			    "--limit: '%s' is not a number from 1 to %d", value,
			    MAX_LIMIT);
		pa->limit = (size_t)v;
		pa->all = true;
		return 0;
	}
}

/* Of those that live; a card knows what a run has used only at its end. */
static void measure(struct arena *a, struct control_run *v, size_t n)
{
	struct proctree t = {NULL, 0};
	for (size_t i = 0; i < n; i++) {
		struct card *c = &v[i].card;
		if (!v[i].held || c->pid <= 0)
			continue;
		if (t.n == 0)
			proctree_read(a, &t);
		proctree_sum(&t, c->pid, &c->cpu_time_ms, &c->memory_bytes);
	}
}

static int64_t since(int64_t from, int64_t to)
{
	return from < 0 || to < 0 ? -1 : to > from ? to - from : 0;
}

static void add_duration(struct table *t, int64_t ms)
{
	auto_buf b = BUF_INIT;
	if (ms >= 0)
		clock_format_duration(&b, ms);
	table_add(t, b.s);
}

static void add_memory(struct table *t, int64_t bytes)
{
	auto_buf b = BUF_INIT;
	if (bytes >= 1000000000)
		buf_addf(&b, "%.1f GB", (double)bytes / 1e9);
	else if (bytes >= 0)
		buf_addf(&b, "%.1f MB", (double)bytes / 1e6);
	table_add(t, b.s);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void add_row(
    struct arena *a, struct table *t, const struct control_run *r, int64_t now)
{
	const struct card *c = &r->card;
	int64_t end = card_has_ended(c) ? c->ended : now;
	table_add(t, arena_printf(a, "%.8s", c->run_id));
	table_add(t, or_empty(c->name));
	table_add(t, or_empty(c->entry_point));
	table_add(t, card_state_word(c->state));
	add_duration(t, since(c->started >= 0 ? c->started : c->queued, now));
	add_duration(t, since(c->started, end));
	add_duration(t, c->cpu_time_ms);
	add_memory(t, c->memory_bytes);
	table_add(t, or_empty(c->uri));
}

static int print_table(struct cli *cli, const struct control_run *v, size_t n)
{
	static const char *const head[] = {
	    "RUN", "NAME", "ENTRY", "STATE", "AGE", "TOOK", "CPU", "MEMORY", "WHERE"};
	struct table t = TABLE_INIT;
	auto_buf b = BUF_INIT;
	int64_t now = clock_now_ms();
	t.columns = sizeof(head) / sizeof(head[0]);
	for (size_t i = 0; i < t.columns; i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < n; i++)
		add_row(&cli->arena, &t, &v[i], now);
	table_print(&b, &t, cli->colour_out);
	table_release(&t);
	return cli_print(b.s, b.len);
}

static bool is_among(const struct control_run *v, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].card.run_id, id) == 0)
			return true;
	return false;
}

/* Behind those that live: the ones that have ended. */
static int add_ended(
    struct cli *cli, size_t limit, struct control_run **v, size_t *n, struct err *err)
{
	size_t alive = *n, k;
	struct control_run *all;
	struct card *ended;
	if (cards_ended(&cli->ctx, &cli->arena, NULL, limit, &ended, &k, err) < 0)
		return -1;
	all = arena_array(&cli->arena, alive + k + 1, sizeof(*all));
	if (alive)
		memcpy(all, *v, alive * sizeof(*all));
	for (size_t i = 0; i < k; i++)
		if (!is_among(*v, alive, ended[i].run_id))
			all[(*n)++].card = ended[i];
	*v = all;
	return 0;
}

static int list(struct cli *cli, const struct ps_args *pa)
{
	struct control_run *v;
	struct err err = ERR_INIT;
	size_t n;
	if (control_list(&cli->ctx, &cli->arena, &v, &n, &err) < 0 ||
	    (pa->all && add_ended(cli, pa->limit, &v, &n, &err) < 0)) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	measure(&cli->arena, v, n);
	if (pa->json) {
		auto_json j = ps_to_json(cli, v, n);
		return cli_print_json(j);
	}
	if (n > 0)
		return print_table(cli, v, n);
	ctx_say(&cli->ctx, SAY_INFO, "no runs");
	return CLI_OK;
}

static int run_ps(struct cli *cli, int argc, char *const *argv)
{
	struct ps_args pa = {.limit = DEFAULT_LIMIT};
	struct cli_args args;
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_ps, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt)
			return cli_usage(
			    &cmd_ps, "unexpected argument '%s'", args.it.value);
		if (take(&pa, args.it.opt, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	return more < 0 ? code : list(cli, &pa);
}

const struct cmd cmd_ps = {
    .name = "ps",
    .args = "[OPTIONS]",
    .summary = "List the runs of this machine that live or are queued",
    .text = "From any directory, in whatever database they are recorded.  CPU and "
	    "MEMORY are of\n"
	    "all processes of a run, just now; of one that has ended what it used, and "
	    "its peak.",
    .opts = {ps_opts, NULL},
    .run = run_ps,
};
