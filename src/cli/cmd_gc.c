/* SPDX-License-Identifier: MIT */
/* mlp gc: what nobody has used for a while goes out of the cache. */
#include "base/clock.h"
#include "base/quote.h"
#include "cache/gc.h"
#include "cli/collect.h"

enum { OPT_OLDER_THAN = 1, OPT_DRY_RUN, OPT_JSON };

#define DAY_MS COLLECT_DAY_MS

static const struct opt gc_opts[] = {
    {OPT_OLDER_THAN, 0, "older-than", NULL, "TIME", NULL,
	"Only what was not used for this long: 90m, 12h, 30d (7d);\n"
	"0: everything that is not in use"},
    {OPT_DRY_RUN, 0, "dry-run", NULL, NULL, NULL, "Only say what would be removed"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL, "Print {dry_run, removed, kept, bytes}"},
    {0},
};

void collect_add_size(struct buf *b, int64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB"};
	double v = (double)bytes / 1e3;
	size_t i = 0;
	while (v >= 999.95 && i + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1e3;
		i++;
	}
	buf_addf(b, "%.1f %s", v, units[i]);
}

void collect_add_age(struct buf *b, int64_t ms)
{
	if (ms >= 2 * DAY_MS)
		buf_addf(b, "%lld d", (long long)(ms / DAY_MS));
	else
		clock_format_duration(b, ms);
}

static void add_line(struct buf *b, const struct gc_item *it, const char *word)
{
	auto_buf size = BUF_INIT, age = BUF_INIT;
	collect_add_size(&size, it->bytes);
	collect_add_age(&age, it->age_ms);
	buf_addf(b, "%s %s ", word, it->kind);
	quote_display(b, it->path, strlen(it->path));
	buf_addf(b, " (%s, not used for %s)\n", size.s, age.s);
}

static int print_text(const struct gc_result *r, bool dry_run)
{
	const char *word = dry_run ? "would remove" : "removed";
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < r->nremoved; i++)
		add_line(&b, &r->removed[i], word);
	if (r->nremoved) {
		buf_addf(&b, "%s ", word);
		collect_add_size(&b, r->bytes);
	} else {
		buf_adds(&b, "nothing to remove");
	}
	if (r->nkept)
		buf_addf(&b, "; %zu thing%s in use or used lately", r->nkept,
		    r->nkept == 1 ? "" : "s");
	buf_addc(&b, '\n');
	return cli_print(b.s, b.len);
}

static void put_item(cJSON *list, const struct gc_item *it)
{
	cJSON *o = json_put_object(list, NULL);
	json_put_str(o, "kind", it->kind);
	json_put_str(o, "path", it->path);
	if (!it->kept)
		json_put_int(o, "bytes", it->bytes);
	json_put_int(o, "age_ms", it->age_ms);
	if (it->kept)
		json_put_str(o, "reason", it->kept);
}

static int print_json(const struct gc_result *r, bool dry_run)
{
	auto_json j = cJSON_CreateObject();
	cJSON *list;
	json_put_bool(j, "dry_run", dry_run);
	list = json_put_array(j, "removed");
	for (size_t i = 0; i < r->nremoved; i++)
		put_item(list, &r->removed[i]);
	list = json_put_array(j, "kept");
	for (size_t i = 0; i < r->nkept; i++)
		put_item(list, &r->kept[i]);
	json_put_int(j, "bytes", r->bytes);
	return cli_print_json(j);
}

int collect_age(const char *value, struct gc_request *rq, struct err *err)
{
	rq->older_than_ms = 0;
	if (strcmp(value, "0") == 0 ||
	    clock_parse_duration(value, &rq->older_than_ms, err) == 0)
		return 0;
	err_wrap(err, "--older-than");
	return err_hint(err, "0 alone: everything that is not in use");
}

static int take(struct gc_request *rq, bool *json, const struct opt *opt,
    const char *value, struct err *err)
{
	switch (opt->id) {
	case OPT_OLDER_THAN:
		return collect_age(value, rq, err);
	case OPT_DRY_RUN:
		rq->dry_run = true;
		return 0;
	default:
		*json = true;
		return 0;
	}
}

int collect_tell(const struct gc_result *r, bool dry_run, bool json)
{
	int code = json ? print_json(r, dry_run) : print_text(r, dry_run);
	return r->failed ? CLI_FAILED : code;
}

int collect(struct cli *cli, const struct gc_request *rq, bool json)
{
	struct gc_result r;
	struct err err = ERR_INIT;
	if (gc_run(&cli->ctx, &cli->arena, rq, &r, &err) < 0) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	return collect_tell(&r, rq->dry_run, json);
}

static int run_gc(struct cli *cli, int argc, char *const *argv)
{
	struct gc_request rq = {.older_than_ms = COLLECT_AGE_MS};
	struct cli_args args;
	struct err err = ERR_INIT;
	bool json = false;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_gc, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt)
			return cli_usage(
			    &cmd_gc, "unexpected argument '%s'", args.it.value);
		if (take(&rq, &json, args.it.opt, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	return more < 0 ? code : collect(cli, &rq, json);
}

const struct cmd cmd_gc = {
    .name = "gc",
    .args = "[OPTIONS]",
    .summary = "Remove from the cache what was not used for a while",
    .text = "Checkouts with the files that runs left in them, mirrors, downloads, "
	    "environments\n"
	    "('mlp env list' shows them), what is known of Pythons and images, and what "
	    "killed\n"
	    "programs left behind.\n"
	    "Records, artifacts and logs are never touched, and nothing is that a run "
	    "uses just now\n"
	    "or that one in the queue will need.",
    .opts = {gc_opts, NULL},
    .run = run_gc,
};
