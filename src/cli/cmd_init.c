/* SPDX-License-Identifier: MIT */
/* mlp init: a new project. */
#include "base/nearest.h"
#include "base/path.h"
#include "base/quote.h"
#include "cli/init.h"

enum { OPT_TEMPLATE = 1, OPT_LIST, OPT_FROM };
enum { TEMPLATES_MAX = 64 };

#define DEFAULT_TEMPLATE "minimal"

static const struct opt init_opts[] = {
    {OPT_TEMPLATE, 't', "template", NULL, "NAME", NULL,
	"What to begin with (" DEFAULT_TEMPLATE ")"},
    {OPT_LIST, 0, "list", NULL, NULL, NULL, "List the templates"},
    {OPT_FROM, 0, "from", NULL, "SCRIPT.py", NULL,
	"Write an MLproject for this script, from the\noptions that its argparse help "
	"shows"},
    {0},
};

struct init_args {
	const char *dir, *template, *from;
	bool list;
};

static int failed(struct cli *cli, const struct err *err)
{
	cli_error(cli, err);
	return err->code == ERR_USAGE ? CLI_USAGE : CLI_FAILED;
}

static int list_templates(struct cli *cli)
{
	struct template *all;
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	size_t n;
	if (templates_list(&cli->arena, &all, &n, &err) < 0)
		return failed(cli, &err);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%-10s %s\n", all[i].name, all[i].about);
	return cli_print(b.s, b.len);
}

static const struct template *find_template(
    const struct template *all, size_t n, const char *name, struct err *err)
{
	const char *names[TEMPLATES_MAX], *near;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
		if (count < TEMPLATES_MAX)
			names[count++] = all[i].name;
	}
	err_set(err, ERR_USAGE, "there is no template '%s'", name);
	near = nearest(name, names, count);
	if (near)
		err_hint(err, "did you mean --template %s?", near);
	else
		err_hint(err, "'mlp init --list' lists them");
	return NULL;
}

static void say_next_step(struct cli *cli, const char *dir)
{
	auto_buf q = BUF_INIT;
	if (*dir == '-') /* not an option */
		buf_adds(&q, "./");
	quote_shell(&q, dir);
	ctx_say(&cli->ctx, SAY_INFO, "run it with: mlp run %s", q.s);
}

static int init_template(struct cli *cli, const struct init_args *ia)
{
	const char *name = ia->template ? ia->template : DEFAULT_TEMPLATE;
	const struct template *t;
	struct template *all;
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	size_t n;
	if (templates_list(&cli->arena, &all, &n, &err) < 0)
		return failed(cli, &err);
	t = find_template(all, n, name, &err);
	if (!t ||
	    template_copy(&cli->arena, t, path_abs(&cli->arena, cli->ctx.cwd, ia->dir),
		ia->dir, &b, &err) < 0)
		return failed(cli, &err);
	if (cli_print(b.s, b.len) != CLI_OK)
		return CLI_FAILED;
	say_next_step(cli, ia->dir);
	return CLI_OK;
}

static int init_script(struct cli *cli, const struct init_args *ia)
{
	const char *dir = ia->dir ? ia->dir : ".", *cwd = cli->ctx.cwd;
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	if (init_from_script(cli, path_abs(&cli->arena, cwd, ia->from),
		path_abs(&cli->arena, cwd, dir), &b, &err) < 0)
		return failed(cli, &err);
	if (cli_print(b.s, b.len) != CLI_OK)
		return CLI_FAILED;
	ctx_say(&cli->ctx, SAY_INFO, "written to %s; look at it with: mlp info %s",
	    path_join(&cli->arena, dir, "MLproject"), dir);
	return CLI_OK;
}

static int run_init(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	struct init_args ia = {.dir = NULL};
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_init, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		int id = args.it.opt ? args.it.opt->id : 0;
		if (id == OPT_TEMPLATE)
			ia.template = args.it.value;
		else if (id == OPT_FROM)
			ia.from = args.it.value;
		else if (id == OPT_LIST)
			ia.list = true;
		else if (cli_take_arg(&cmd_init, &ia.dir, args.it.value, &code) < 0)
			return code;
	}
	if (more < 0)
		return code;
	if (ia.from && (ia.template || ia.list))
		return cli_usage(
		    &cmd_init, "--from goes with neither --template nor --list");
	if (ia.list)
		return list_templates(cli);
	if (ia.from)
		return init_script(cli, &ia);
	if (!ia.dir)
		return cli_usage(&cmd_init, "missing argument DIR");
	return init_template(cli, &ia);
}

const struct cmd cmd_init = {
    .name = "init",
    .args = "[OPTIONS] DIR",
    .summary = "Make a new project",
    .text =
	"DIR is made; where it exists, it must be empty.  With --from it is where the\n"
	"MLproject goes (default: here), and the script must be in it.",
    .opts = {init_opts, NULL},
    .run = run_init,
};
