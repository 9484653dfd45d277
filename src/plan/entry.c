/* SPDX-License-Identifier: MIT */
#include "plan/entry.h"

#include "base/file.h"
#include "base/nearest.h"
#include "base/path.h"
#include "base/quote.h"

/* ".py" of "train.py"; "" for a name without one (".py" alone has none). */
static const char *extension(const char *name)
{
	const char *base = path_base(name), *dot;
	while (*base == '.')
		base++;
	dot = strrchr(base, '.');
	return dot ? dot : "";
}

/* MLflow's own text, unless the name needs quotes: those that it makes are wrong there. */
static char *r_command(struct arena *a, const char *name)
{
	auto_buf expr = BUF_INIT;
	auto_buf word = BUF_INIT;
	quote_shell(&word, name);
	if (strcmp(word.s, name) == 0)
		return arena_printf(
		    a, "Rscript -e \"mlflow::mlflow_source('%s')\" --args", name);
	buf_adds(&expr, "mlflow::mlflow_source('");
	for (; *name; name++) {
		if (*name == '\'' || *name == '\\')
			buf_addc(&expr, '\\');
		buf_addc(&expr, *name);
	}
	buf_adds(&expr, "')");
	buf_clear(&word);
	quote_shell(&word, expr.s);
	return arena_printf(a, "Rscript -e %s --args", word.s);
}

/* NULL: not a kind of script that can be run. */
static char *script_command(struct arena *a, const char *name, const char *shell)
{
	const char *ext = extension(name);
	auto_buf q = BUF_INIT;
	quote_shell(&q, name);
	if (strcmp(ext, ".py") == 0)
		return arena_printf(a, "python %s", q.s);
	if (strcmp(ext, ".sh") == 0)
		return arena_printf(a, "%s %s", shell && *shell ? shell : "bash", q.s);
	if (strcmp(ext, ".R") == 0)
		return r_command(a, name);
	return NULL;
}

static void suggest(const struct manifest *m, const char *name, struct err *err)
{
	const char **names = calloc(m->nentries + 1, sizeof(*names));
	const char *near;
	if (!names)
		return;
	for (size_t i = 0; i < m->nentries; i++)
		names[i] = m->entries[i].name;
	near = nearest(name, names, m->nentries);
	if (near)
		err_hint(err, "did you mean -e %s?", near);
	else if (m->nentries)
		err_hint(err, "choose one with -e");
	else if (!m->path)
		err_hint(
		    err, "the project has no MLproject file; name a script: -e train.py");
	free(names);
}

static const struct entry_point *unknown(
    const struct manifest *m, const char *name, struct err *err)
{
	auto_buf list = BUF_INIT;
	for (size_t i = 0; i < m->nentries; i++)
		buf_addf(&list, "%s'%s'", i ? ", " : "", m->entries[i].name);
	err_set(err, ERR_USAGE,
	    "Could not find %s among entry points [%s] or interpret %s as a runnable "
	    "script. "
	    "Supported script file extensions: ['.py', '.sh', '.R']",
	    name, list.s, name);
	suggest(m, name, err);
	return NULL;
}

const struct entry_point *entry_choose(struct arena *a, const struct manifest *m,
    const char *project_dir, const char *name, const char *shell, bool *is_script,
    struct err *err)
{
	const struct entry_point *declared = manifest_entry(m, name);
	struct entry_point *ep;
	*is_script = false;
	if (declared)
		return declared;
	ep = arena_new(a, struct entry_point);
	ep->name = name;
	ep->command = script_command(a, name, shell);
	if (!ep->command)
		return unknown(m, name, err);
	if (project_dir && !path_exists(path_join(a, project_dir, name))) {
		err_set(err, ERR_USAGE,
		    "no entry point is called '%s', and the project has no such file",
		    name);
		suggest(m, name, err);
		return NULL;
	}
	*is_script = true;
	return ep;
}
