/* SPDX-License-Identifier: MIT */
#include "plan/envplan.h"

#include "base/path.h"

static const char *const words[] = {[ENV_LOCAL] = "local",
    [ENV_DOCKER] = "docker",
    [ENV_VIRTUALENV] = "virtualenv",
    [ENV_UV] = "uv",
    [ENV_CONDA] = "conda"};

const char *env_kind_word(enum env_kind kind)
{
	return words[kind];
}

int env_kind_from_word(const char *word, enum env_kind *out)
{
	for (int k = ENV_LOCAL; k <= ENV_CONDA; k++)
		if (strcmp(words[k], word) == 0) {
			*out = (enum env_kind)k;
			return 0;
		}
	return -1;
}

static void choose_by_manifest(const struct manifest *m, struct env_plan *out)
{
	static const enum env_kind kinds[] = {[ENVKEY_NONE] = ENV_LOCAL,
	    [ENVKEY_DOCKER] = ENV_DOCKER,
	    [ENVKEY_PYTHON] = ENV_VIRTUALENV,
	    [ENVKEY_CONDA] = ENV_CONDA};
	static const char *const keys[] = {[ENVKEY_NONE] = "no environment is asked for",
	    [ENVKEY_DOCKER] = "docker_env",
	    [ENVKEY_PYTHON] = "python_env",
	    [ENVKEY_CONDA] = "conda_env"};
	out->kind = kinds[m->env_key];
	out->chosen_by = m->env_file_found ? m->env_file : keys[m->env_key];
}

static int choose_by_name(
    const char *word, const char *option, struct env_plan *out, struct err *err)
{
	out->chosen_by = option;
	out->inherit = true;
	if (env_kind_from_word(word, &out->kind) == 0)
		return 0;
	return err_set(err, ERR_USAGE,
	    "%s: '%s' is not one of local, virtualenv, uv, conda, docker", option, word);
}

int env_plan_make(struct arena *a, const struct manifest *m, const struct entry_point *ep,
    const char *project_dir, const struct env_request *rq, struct env_plan *out,
    struct err *err)
{
	(void)ep;
	memset(out, 0, sizeof(*out));
	if (rq->env_manager) {
		if (choose_by_name(rq->env_manager, "--env-manager", out, err) < 0)
			return -1;
	} else if (rq->inherited && *rq->inherited) {
		if (choose_by_name(rq->inherited, "MLP_ENV_MANAGER", out, err) < 0)
			return -1;
	} else {
		choose_by_manifest(m, out);
	}
	out->file_key = m->env_key;
	if (m->env_file)
		out->file = path_join(a, project_dir, m->env_file);
	out->project_name = m->name;
	out->image = m->docker_image;
	out->volumes = m->docker_volumes;
	out->nvolumes = m->ndocker_volumes;
	out->vars = m->docker_env;
	out->nvars = m->ndocker_env;
	out->args = rq->args;
	out->nargs = rq->nargs;
	out->build_image = rq->build_image;
	return 0;
}
