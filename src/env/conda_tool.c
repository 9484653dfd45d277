/* SPDX-License-Identifier: MIT */
#include "env/conda_tool.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"

enum { WORDS_MAX = 16 };

static const char *const names[] = {
    [CONDA_CONDA] = "conda", [CONDA_MAMBA] = "mamba", [CONDA_MICROMAMBA] = "micromamba"};

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* A program is found there, absolute, or NULL. */
static const char *program(struct arena *a, const char *path)
{
	auto_free char *found = proc_find(path);
	return found ? arena_strdup(a, found) : NULL;
}

/* dir NULL: in PATH. */
static bool find_in(struct arena *a, const char *dir, struct conda_tool *out)
{
	for (int k = CONDA_CONDA; k <= CONDA_MICROMAMBA; k++) {
		out->path = program(a, dir ? path_join(a, dir, names[k]) : names[k]);
		out->kind = (enum conda_kind)k;
		if (out->path)
			return true;
	}
	return false;
}

static enum conda_kind kind_of(const char *path)
{
	const char *base = path_base(path);
	if (strncmp(base, "micromamba", 10) == 0)
		return CONDA_MICROMAMBA;
	return strncmp(base, "mamba", 5) == 0 ? CONDA_MAMBA : CONDA_CONDA;
}

static bool find_named(struct arena *a, const char *path, struct conda_tool *out)
{
	out->path = path ? program(a, path) : NULL;
	if (out->path)
		out->kind = kind_of(path);
	return out->path != NULL;
}

static int no_such_home(const char *path, struct err *err)
{
	err_set(err, ERR_FAIL,
	    "Could not find Conda executable at %s. Ensure Conda is installed as per the "
	    "instructions at "
	    "https://conda.io/projects/conda/en/latest/user-guide/install/index.html. "
	    "You can also configure MLflow to look for a specific Conda executable by "
	    "setting the MLFLOW_CONDA_HOME environment variable to the path of the Conda "
	    "executable",
	    path);
	return err_hint(err, "MLFLOW_CONDA_HOME is the directory that has bin/conda");
}

static int find_tool(struct arena *a, struct conda_tool *out, struct err *err)
{
	const char *home = variable("MLFLOW_CONDA_HOME"), *exe = variable("CONDA_EXE");
	if (home) {
		const char *bin = path_join(a, home, "bin");
		return find_in(a, bin, out)
			   ? 0
			   : no_such_home(path_join(a, bin, "conda"), err);
	}
	if ((exe && (find_in(a, path_dir(a, exe), out) || find_named(a, exe, out))) ||
	    find_in(a, NULL, out) || find_named(a, variable("MAMBA_EXE"), out))
		return 0;
	return err_set(
	    err, ERR_NOTFOUND, "there is no conda, mamba or micromamba on this machine");
}

/* As MLflow looks for it: where conda is. */
static int find_create(struct arena *a, struct conda_tool *t, struct err *err)
{
	const char *word = variable("MLFLOW_CONDA_CREATE_ENV_CMD");
	const char *path;
	t->create = t->path;
	t->create_kind = t->kind;
	if (!word)
		return 0;
	path = path_join(a, path_dir(a, t->path), word);
	t->create = program(a, path);
	if (!t->create && !variable("MLFLOW_CONDA_HOME") && !variable("CONDA_EXE"))
		t->create = program(a, word);
	t->create_kind = kind_of(word);
	if (t->create)
		return 0;
	err_set(err, ERR_FAIL,
	    "You have set the env variable MLFLOW_CONDA_CREATE_ENV_CMD, but %s does not "
	    "exist or it is not working properly. Note that %s and the conda executable "
	    "need to be in the same conda environment. You can change the search path by "
	    "modifying the env variable MLFLOW_CONDA_HOME",
	    path, path);
	return err_hint(err, "unset MLFLOW_CONDA_CREATE_ENV_CMD to use %s", t->path);
}

static const char *activation_script(struct arena *a, const struct conda_tool *t)
{
	const char *path =
	    path_join(a, path_dir(a, path_dir(a, t->path)), "etc/profile.d/conda.sh");
	return t->kind == CONDA_CONDA && path_exists(path) ? path : NULL;
}

int conda_tool_find(struct arena *a, struct conda_tool *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (find_tool(a, out, err) < 0 || find_create(a, out, err) < 0)
		return -1;
	out->script = activation_script(a, out);
	return 0;
}

/* Up to the first NULL. */
static char *const *make_argv(struct arena *a, const char *const *v)
{
	char **argv = arena_array(a, WORDS_MAX + 1, sizeof(*argv));
	for (size_t i = 0; v[i] && i < WORDS_MAX; i++)
		argv[i] = arena_strdup(a, v[i]);
	return argv;
}

#define ARGV(...) make_argv(a, (const char *const[]){__VA_ARGS__, NULL})

char *const *conda_argv_list(struct arena *a, const struct conda_tool *t)
{
	return ARGV(t->path, "env", "list", "--json");
}

char *const *conda_argv_create(
    struct arena *a, const struct conda_tool *t, const char *name, const char *file)
{
	if (!file)
		return ARGV(t->create, "create", "--channel", "conda-forge", "--yes",
		    "--override-channels", "-n", name, "python");
	if (t->create_kind == CONDA_MICROMAMBA)
		return ARGV(t->create, "create", "--yes", "-n", name, "--file", file);
	return ARGV(t->create, "env", "create", "-n", name, "--file", file);
}

char *const *conda_argv_remove(
    struct arena *a, const struct conda_tool *t, const char *name)
{
	if (t->kind == CONDA_MICROMAMBA)
		return ARGV(t->path, "env", "remove", "--yes", "-n", name);
	return ARGV(t->path, "remove", "--yes", "--name", name, "--all");
}

char *const *conda_argv_lock(
    struct arena *a, const struct conda_tool *t, const char *prefix)
{
	if (t->kind == CONDA_MICROMAMBA) /* MD5s are its default */
		return ARGV(t->path, "env", "export", "--explicit", "-p", prefix);
	return ARGV(t->path, "list", "--explicit", "--md5", "-p", prefix);
}

char *const *conda_argv_packages(
    struct arena *a, const struct conda_tool *t, const char *prefix)
{
	return ARGV(t->path, "list", "--json", "-p", prefix);
}

/* $1: the script or program, $2: the environment, $3: the command, $4: the mark */
#define TAIL " || { : >\"$4\"; exit 125; }; exec bash -c \"$3\""
#define HOOKED(ask, function)                                                            \
	"{ hook=$(\"$1\" " ask ") && eval \"$hook\" && unset hook && " function          \
	" activate \"$2\" 1>&2; }" TAIL

char *const *conda_argv_run(struct arena *a, const struct conda_tool *t,
    const char *prefix, const char *failed, const char *command)
{
	static const char with_script[] =
	    "{ . \"$1\" && conda activate \"$2\" 1>&2; }" TAIL;
	static const char *const with_hook[] = {
	    [CONDA_CONDA] = HOOKED("shell.bash hook", "conda"),
	    [CONDA_MAMBA] = HOOKED("shell hook --shell bash", "mamba"),
	    [CONDA_MICROMAMBA] = HOOKED("shell hook --shell bash", "micromamba")};
	return ARGV("bash", "-c", t->script ? with_script : with_hook[t->kind], "mlp",
	    t->script ? t->script : t->path, prefix, command, failed);
}
