/* SPDX-License-Identifier: MIT */
/* mlp info: a project's entry points and parameters. */
#include "cli/info.h"

#include "base/quote.h"
#include "base/utf8.h"
#include "cli/look.h"

static const char *env_word(enum env_key key)
{
	static const char *const words[] = {"local", "docker", "python", "conda"};
	return words[key];
}

static void param_json(cJSON *list, const struct param_decl *d)
{
	cJSON *o = json_put_object(list, NULL);
	json_put_str(o, "name", d->name);
	json_put_str(o, "type", d->type_word);
	json_put_str(o, "default", d->default_text);
	json_put_str(o, "description", d->description);
}

static cJSON *info_json(const struct manifest *m)
{
	cJSON *j = cJSON_CreateObject(), *env, *list;
	json_put_str(j, "name", m->name);
	env = json_put_object(j, "env");
	json_put_str(env, "kind", env_word(m->env_key));
	json_put_str(env, "file", m->env_file);
	json_put_str(env, "image", m->docker_image);
	list = json_put_array(j, "entry_points");
	for (size_t i = 0; i < m->nentries; i++) {
		const struct entry_point *ep = &m->entries[i];
		cJSON *o = json_put_object(list, NULL), *params;
		json_put_str(o, "name", ep->name);
		json_put_str(o, "command", ep->command);
		params = json_put_array(o, "parameters");
		for (size_t k = 0; k < ep->nparams; k++)
			param_json(params, &ep->params[k]);
	}
	return j;
}

/* A value as it would be typed: '' for the empty text, spaces quoted. */
static void put_default(struct buf *b, const char *text)
{
	auto_buf q = BUF_INIT;
	quote_shell(&q, text);
	quote_display(b, q.s, q.len);
}

/* The width of a text as it is shown. */
static size_t shown_columns(const char *text)
{
	auto_buf b = BUF_INIT;
	quote_display_str(&b, text);
	return utf8_columns(b.s);
}

static size_t name_columns(const struct entry_point *ep)
{
	size_t widest = 0;
	for (size_t i = 0; i < ep->nparams; i++) {
		size_t n = shown_columns(ep->params[i].name);
		widest = n > widest ? n : widest;
	}
	return widest < 32 ? widest : 32;
}

void info_print_entry(struct buf *b, const struct entry_point *ep)
{
	size_t width = name_columns(ep);
	buf_adds(b, "  ");
	quote_display_str(b, ep->name);
	buf_adds(b, "\n    ");
	quote_display_str(b, ep->command);
	buf_addc(b, '\n');
	for (size_t i = 0; i < ep->nparams; i++) {
		const struct param_decl *d = &ep->params[i];
		size_t n = shown_columns(d->name);
		buf_adds(b, "      -P ");
		quote_display_str(b, d->name);
		buf_addf(b, "%*s  ", (int)(n < width ? width - n : 0), "");
		quote_display_str(b, d->type_word);
		if (d->default_text) {
			buf_adds(b, " = ");
			put_default(b, d->default_text);
		} else {
			buf_adds(b, ", required");
		}
		if (d->description) {
			buf_adds(b, "  (");
			quote_display_str(b, d->description);
			buf_addc(b, ')');
		}
		buf_addc(b, '\n');
	}
}

void info_print(struct buf *b, const struct manifest *m)
{
	buf_adds(b, "name         ");
	quote_display_str(b, m->name ? m->name : "-");
	buf_addf(b, "\nenvironment  %s", env_word(m->env_key));
	if (m->docker_image || m->env_file) {
		buf_adds(b, " (");
		quote_display_str(b, m->docker_image ? m->docker_image : m->env_file);
		buf_addc(b, ')');
	}
	buf_addc(b, '\n');
	if (m->nentries == 0)
		buf_adds(b, "no entry points; a script can be run with -e FILE\n");
	else
		buf_adds(b, "entry points\n");
	for (size_t i = 0; i < m->nentries; i++)
		info_print_entry(b, &m->entries[i]);
}

static int report(
    struct cli *cli, bool json, int rc, const struct prepared *p, const struct err *err)
{
	auto_buf b = BUF_INIT;
	cli_diags(cli, &p->diags);
	if (rc < 0) {
		cli_error(cli, err);
		return CLI_FAILED;
	}
	if (json) {
		auto_json j = info_json(p->manifest);
		return cli_print_json(j);
	}
	info_print(&b, p->manifest);
	return cli_print(b.s, b.len);
}

static int run_info(struct cli *cli, int argc, char *const *argv)
{
	struct look look;
	int code;
	if (look_at(cli, &cmd_info, argc, argv, &look, &code) < 0)
		return code;
	code = report(cli, look.json, look.rc, &look.p, &look.err);
	prepared_done(&look.p);
	return code;
}

const struct cmd cmd_info = {
    .name = "info",
    .args = "[OPTIONS] [URI]",
    .summary = "Show a project's environment, entry points and parameters",
    .text = "URI is a directory (default: this one), an archive or a git URL, as for "
	    "'mlp run'.",
    .opts = {look_opts, NULL},
    .run = run_info,
};
