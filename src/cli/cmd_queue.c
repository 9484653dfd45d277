/* SPDX-License-Identifier: MIT */
/* mlp queue: the runs that wait for their turn. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/queueadd.h"
#include "cli/table.h"
#include "flow/runner.h"

enum { OPT_JOBS = 1, OPT_ALL, OPT_PRIORITY, OPT_HOLD, OPT_JSON };

static const struct opt queue_opts[] = {
    {OPT_JOBS, 'j', "jobs", NULL, "N", NULL, "So many queued runs at once, from now on"},
    {OPT_ALL, 'a', "all", NULL, NULL, NULL,
	"hold, release, remove, priority: all of them"},
    {OPT_PRIORITY, 'p', "priority", NULL, "N", NULL,
	"priority, add: from -1000 to 1000; higher ones begin\nfirst (0)"},
    {OPT_HOLD, 0, "hold", NULL, NULL, NULL, "add: until they are released"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL, "The list as JSON"},
    {0},
};

enum verb { LIST, ADD, HOLD, RELEASE, REMOVE, PRIORITY };

struct queue_args {
	enum verb verb;
	const char **words;
	size_t n;
	int slots;
	bool all, json, has_priority, held;
	int priority;
};

/* All that wait, and those that were just claimed, in order. */
struct listed {
	struct queue_entry *v;
	size_t n, starting; /* the first ones were claimed */
};

static int find_verb(const char *word, enum verb *out)
{
	static const char *const verbs[] = {[LIST] = "list",
	    [ADD] = "add",
	    [HOLD] = "hold",
	    [RELEASE] = "release",
	    [REMOVE] = "remove",
	    [PRIORITY] = "priority"};
	for (int i = LIST; i <= PRIORITY; i++)
		if (strcmp(verbs[i], word) == 0) {
			*out = (enum verb)i;
			return 0;
		}
	return -1;
}

static int list_all(struct cli *cli, struct listed *l, struct err *err)
{
	struct queue_entry *waiting, *claimed;
	size_t n;
	if (queue_list(
		&cli->ctx, &cli->arena, QUEUE_CLAIMED, &claimed, &l->starting, err) < 0 ||
	    queue_list(&cli->ctx, &cli->arena, QUEUE_WAITING, &waiting, &n, err) < 0)
		return -1;
	l->n = l->starting + n;
	l->v = arena_array(&cli->arena, l->n + 1, sizeof(*l->v));
	for (size_t i = 0; i < l->n; i++) {
		const struct queue_entry *e =
		    i < l->starting ? &claimed[i] : &waiting[i - l->starting];
		l->v[i] = *e;
		l->v[i].run_id = l->v[i].name + (e->run_id - e->name);
	}
	return 0;
}

static bool read_card(struct cli *cli, const struct listed *l, size_t i, struct card *c)
{
	struct err ignored = ERR_INIT;
	return queue_card(&cli->ctx, &cli->arena,
		   i < l->starting ? QUEUE_CLAIMED : QUEUE_WAITING, &l->v[i], c,
		   &ignored) == 0;
}

static const char *state_word(const struct listed *l, size_t i)
{
	return i < l->starting ? "starting" : l->v[i].held ? "held" : "waiting";
}

/* ---- the list ---- */

static int print_json(struct cli *cli, const struct listed *l)
{
	auto_json j = cJSON_CreateObject();
	cJSON *runs;
	json_put_int(j, "slots", queue_slots(&cli->ctx));
	runs = json_put_array(j, "runs");
	for (size_t i = 0; i < l->n; i++) {
		struct card c;
		cJSON *o;
		if (!read_card(cli, l, i, &c))
			continue;
		o = json_put_object(runs, NULL);
		json_put_str(o, "run_id", c.run_id);
		json_put_str(o, "run_name", c.name);
		json_put_str(o, "entry_point", c.entry_point);
		json_put_str(o, "source", c.uri);
		json_put_str(o, "state", state_word(l, i));
		json_put_int(o, "priority", l->v[i].priority);
		json_put_int(o, "gpus", l->v[i].gpus);
		json_put_int(o, "queued", c.queued);
	}
	return cli_print_json(j);
}

static void add_row(
    struct cli *cli, struct table *t, const struct listed *l, size_t i, int64_t now)
{
	auto_buf age = BUF_INIT;
	struct card c;
	if (!read_card(cli, l, i, &c))
		return;
	clock_format_duration(&age, now > c.queued ? now - c.queued : 0);
	table_add(t, arena_printf(&cli->arena, "%.8s", c.run_id));
	table_add(t, c.name ? c.name : "");
	table_add(t, c.entry_point ? c.entry_point : "");
	table_add(t, state_word(l, i));
	table_add(t, arena_printf(&cli->arena, "%d", l->v[i].priority));
	table_add(t, age.s);
	table_add(t, c.uri ? c.uri : "");
}

static int print_table(struct cli *cli, const struct listed *l)
{
	static const char *const head[] = {
	    "RUN", "NAME", "ENTRY", "STATE", "PRIORITY", "AGE", "WHERE"};
	struct table t = TABLE_INIT;
	auto_buf b = BUF_INIT;
	int slots = queue_slots(&cli->ctx);
	t.columns = sizeof(head) / sizeof(head[0]);
	for (size_t i = 0; i < t.columns; i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < l->n; i++)
		add_row(cli, &t, l, i, clock_now_ms());
	if (l->n > 0)
		table_print(&b, &t, cli->colour_out);
	table_release(&t);
	ctx_say(&cli->ctx, SAY_INFO, "%zu in the queue, %d at once", l->n, slots);
	return cli_print(b.s, b.len);
}

/* ---- changes ---- */

/* An id, the beginning of one, or a name: of one run. */
static int find_one(struct cli *cli, const struct listed *l, const char *text,
    const struct queue_entry **e, struct err *err)
{
	size_t n = strlen(text), found = 0;
	bool by_id;
	for (size_t i = 0; i < l->n && n >= CARD_ID_SHORTEST; i++)
		if (strncmp(l->v[i].run_id, text, n) == 0) {
			*e = &l->v[i];
			found++;
		}
	by_id = found > 0;
	for (size_t i = 0; i < l->n && !by_id; i++) {
		struct card c;
		if (read_card(cli, l, i, &c) && c.name && strcmp(c.name, text) == 0) {
			*e = &l->v[i];
			found++;
		}
	}
	if (found == 1)
		return 0;
	if (found > 1) {
		err_set(err, ERR_NOTFOUND, "'%s' may mean several runs", text);
		return err_hint(
		    err, "give more of the id: 'mlp queue --json' has them whole");
	}
	err_set(err, ERR_NOTFOUND, "no run in the queue has the id or name '%s'", text);
	return err_hint(err, "'mlp queue' lists those that are, 'mlp ps' those that run");
}

static int apply(struct cli *cli, const struct queue_args *qa,
    const struct queue_entry *e, struct err *err)
{
	switch (qa->verb) {
	case HOLD:
	case RELEASE:
		return queue_hold(&cli->ctx, e, qa->verb == HOLD, err);
	case REMOVE:
		return queue_remove(&cli->ctx, e, "removed from the queue", err);
	default:
		return queue_set_priority(&cli->ctx, e, qa->priority, err);
	}
}

static int change(struct cli *cli, const struct queue_args *qa)
{
	struct err err = ERR_INIT;
	struct listed l;
	int code = CLI_OK;
	size_t n;
	if (list_all(cli, &l, &err) < 0) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	n = qa->all ? l.n - l.starting : qa->n;
	for (size_t i = 0; i < n; i++) {
		const struct queue_entry *e = qa->all ? &l.v[l.starting + i] : NULL;
		struct err why = ERR_INIT;
		if ((!e && find_one(cli, &l, qa->words[i], &e, &why) < 0) ||
		    apply(cli, qa, e, &why) < 0) {
			cli_error(cli, &why);
			code = CLI_FAILED;
		}
	}
	return code;
}

/* ---- the command line ---- */

static int take_priority(struct queue_args *qa, const char *text, struct err *err)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (*end || end == text || n < -QUEUE_PRIORITY_MOST || n > QUEUE_PRIORITY_MOST)
		return err_set(err, ERR_USAGE,
		    "--priority: '%s' is not a number from -%d to %d", text,
		    QUEUE_PRIORITY_MOST, QUEUE_PRIORITY_MOST);
	qa->priority = (int)n;
	qa->has_priority = true;
	return 0;
}

static int take(
    struct queue_args *qa, const struct opt *opt, const char *value, struct err *err)
{
	switch (opt->id) {
	case OPT_JOBS:
		return queue_slots_parse(value, &qa->slots, err) < 0
			   ? err_wrap(err, "--jobs")
			   : 0;
	case OPT_PRIORITY:
		return take_priority(qa, value, err);
	case OPT_ALL:
		qa->all = true;
		return 0;
	case OPT_HOLD:
		qa->held = true;
		return 0;
	default:
		qa->json = true;
		return 0;
	}
}

/* The first word says what is to be done.  0, or -1 with *code. */
static int check(const struct queue_args *qa, int *code)
{
	*code = CLI_USAGE;
	if (qa->verb == LIST && (qa->all || qa->has_priority || qa->held))
		cli_usage(&cmd_queue,
		    "missing argument: add, hold, release, remove or priority");
	else if (qa->verb == LIST && qa->n > 0)
		cli_usage(&cmd_queue, "the list takes no argument");
	else if (qa->verb == ADD && (qa->n != 1 || qa->all))
		cli_usage(&cmd_queue, "add takes one argument, FILE or -");
	else if (qa->verb > ADD && !qa->all && qa->n == 0)
		cli_usage(&cmd_queue, "missing argument RUN (or --all)");
	else if (qa->all && qa->n > 0)
		cli_usage(&cmd_queue, "--all and RUN exclude each other");
	else if (qa->verb == PRIORITY && !qa->has_priority)
		cli_usage(&cmd_queue, "missing option --priority N");
	else if (qa->verb != PRIORITY && qa->verb != ADD && qa->has_priority)
		cli_usage(&cmd_queue, "--priority goes with 'mlp queue priority RUN'");
	else if (qa->verb != ADD && qa->held)
		cli_usage(&cmd_queue, "--hold goes with 'mlp queue add'");
	else if (qa->verb != LIST && qa->json)
		cli_usage(&cmd_queue, "--json goes with the list alone");
	else
		*code = CLI_OK;
	return *code == CLI_OK ? 0 : -1;
}

static int add(struct cli *cli, const struct queue_args *qa)
{
	struct enqueue how = {
	    .slots = qa->slots, .held = qa->held, .priority = qa->priority};
	return queue_add_file(cli, qa->words[0], &how);
}

static int act(struct cli *cli, const struct queue_args *qa)
{
	struct err err = ERR_INIT;
	struct listed l;
	int code = CLI_OK;
	if (qa->verb == ADD)
		return add(cli, qa);
	if (qa->slots && queue_set_slots(&cli->ctx, qa->slots, &err) < 0) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	if (qa->verb != LIST)
		code = change(cli, qa);
	runner_wake(&cli->ctx);
	if (qa->verb != LIST || (qa->slots && !qa->json))
		return code;
	if (list_all(cli, &l, &err) < 0) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	return qa->json ? print_json(cli, &l) : print_table(cli, &l);
}

static int run_queue(struct cli *cli, int argc, char *const *argv)
{
	struct queue_args qa = {.verb = LIST};
	struct cli_args args;
	struct err err = ERR_INIT;
	bool first = true;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_queue, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (args.it.opt) {
			if (take(&qa, args.it.opt, args.it.value, &err) < 0) {
				cli_error(cli, &err);
				return CLI_USAGE;
			}
		} else if (!first) {
			ARENA_GROW(&cli->arena, qa.words, qa.n);
			qa.words[qa.n++] = args.it.value;
		} else if (find_verb(args.it.value, &qa.verb) < 0) {
			return cli_usage(&cmd_queue,
			    "'%s' is none of list, add, hold, release, remove, priority",
			    args.it.value);
		}
		first &= args.it.opt != NULL;
	}
	return more < 0 || check(&qa, &code) < 0 ? code : act(cli, &qa);
}

const struct cmd cmd_queue = {
    .name = "queue",
    .args = "[OPTIONS] [list | add FILE | hold|release|remove|priority RUN...]",
    .summary = "List the runs that wait for their turn; change their order",
    .text =
	"'mlp run -d -j N' puts runs there, 'mlp queue add FILE' many at once: a line "
	"of JSON\n"
	"each, as for 'mlp batch'; it prints their ids.  They begin in that order, those "
	"of a\n"
	"higher priority first.  What has begun is no more there: 'mlp ps' shows it.",
    .opts = {queue_opts, NULL},
    .run = run_queue,
};
