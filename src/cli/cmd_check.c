/* SPDX-License-Identifier: MIT */
/* mlp check: what is wrong with a project's manifest, without running it. */
#include "base/file.h"
#include "base/path.h"
#include "base/quote.h"
#include "cli/look.h"
#include "env/image.h"
#include "env/python_env.h"
#include "manifest/node.h"
#include "manifest/page.h"
#include "plan/command.h"

static int print_ok(const struct prepared *p)
{
	size_t warnings = p->diags.n, entries = p->manifest->nentries;
	auto_buf b = BUF_INIT;
	if (!p->manifest->path) {
		buf_adds(&b, "no MLproject file: scripts can be run with -e\n");
	} else {
		quote_display_str(&b, p->manifest->file);
		buf_addf(&b, ": ok, %zu entry point%s, %zu warning%s\n", entries,
		    entries == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	}
	return cli_print(b.s, b.len);
}

/* The diagnostics where the manifest is the trouble; else (no such project) the error. */
static int report(
    struct cli *cli, bool json, int rc, const struct prepared *p, const struct err *err)
{
	bool told = p->diags.errors > 0;
	int printed = CLI_OK;
	if (json && (rc == 0 || told)) {
		auto_json j = diags_to_json(&p->diags);
		printed = cli_print_json(j);
	} else if (json) {
		struct diags ds = {.arena = &cli->arena};
		struct diag *d = diag_add(&ds, DIAG_ERROR, "", 0, 0, "%s", err->msg);
		if (err->hint[0])
			diag_set_hint(&ds, d, "%s", err->hint);
		auto_json j = diags_to_json(&ds);
		cli_print_json(j);
	} else {
		cli_diags(cli, &p->diags);
		if (rc == 0)
			printed = print_ok(p);
		else if (!told)
			cli_error(cli, err);
	}
	return rc == 0 ? printed : CLI_FAILED;
}

/* Mistakes that `run` would find when it puts the command together. */
static int check_commands(struct cli *cli, struct prepared *p, struct err *err)
{
	for (size_t i = 0; i < p->manifest->nentries; i++)
		command_check(
		    &cli->arena, p->manifest, &p->manifest->entries[i], &p->diags);
	return p->diags.errors ? err_set(err, ERR_FAIL, "mistakes in commands") : 0;
}

/* Of a conda.yaml conda itself is the judge: here it must be YAML with something in it. */
static int check_conda(
    struct arena *a, const struct env_plan *plan, struct diags *ds, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct page page;
	struct node *root = NULL;
	if (file_read(plan->file, MANIFEST_MAX_BYTES, &text, err) < 0)
		return -1;
	page_init(&page, a, path_base(plan->file), arena_strndup(a, text.s, text.len),
	    text.len, ds);
	if (node_parse(&page, &root) == 0 && (!root || root->kind != NODE_MAP))
		page_error(
		    &page, (struct mark){0, 0}, "the file is not a mapping of keys");
	return 0;
}

/* The file of the environment, where it is here (of what is fetched only some are). */
static int check_environment(struct cli *cli, struct prepared *p, struct err *err)
{
	struct arena *a = &cli->arena;
	const struct env_request none = {.env_manager = NULL};
	const struct entry_point any = {.name = "main"};
	struct env_plan plan;
	struct python_env py;
	struct err why = ERR_INIT;
	int rc;
	if (env_plan_make(a, p->manifest, &any, p->source.dir, &none, &plan, err) < 0)
		return -1;
	if (plan.kind == ENV_DOCKER)
		return image_check(&plan, err);
	if (p->source.kind != SOURCE_LOCAL &&
	    env_check_file(p->source.root ? p->source.root : p->source.dir, &plan, err) <
		0)
		return -1;
	if (!plan.file || !path_exists(plan.file))
		return 0;
	rc = plan.kind == ENV_CONDA
		 ? check_conda(a, &plan, &p->diags, &why)
		 : python_env_read(a, &plan, p->source.dir, &py, &p->diags, &why);
	if (p->diags.errors)
		return err_set(err, ERR_FAIL, "mistakes in %s", plan.file);
	if (rc < 0)
		*err = why;
	return rc;
}

static int run_check(struct cli *cli, int argc, char *const *argv)
{
	struct look look;
	int code;
	if (look_at(cli, &cmd_check, argc, argv, &look, &code) < 0)
		return code;
	if (look.rc == 0)
		look.rc = check_commands(cli, &look.p, &look.err);
	if (look.rc == 0)
		look.rc = check_environment(cli, &look.p, &look.err);
	code = report(cli, look.json, look.rc, &look.p, &look.err);
	prepared_done(&look.p);
	return code;
}

const struct cmd cmd_check = {
    .name = "check",
    .args = "[OPTIONS] [URI]",
    .summary = "Report mistakes in a project's manifest without running it",
    .text = "URI is a directory (default: this one), an archive or a git URL, as for "
	    "'mlp run'.\n"
	    "Exit code 0: no errors; 1: errors, or no such project.",
    .opts = {look_opts, NULL},
    .run = run_check,
};
