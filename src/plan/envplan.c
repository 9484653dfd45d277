/* SPDX-License-Identifier: MIT */
#include "plan/envplan.h"

#include "base/file.h"
#include "base/path.h"

static const char *const words[] = {[ENV_LOCAL] = "local",
    [ENV_DOCKER] = "docker",
    [ENV_VIRTUALENV] = "virtualenv",
    [ENV_UV] = "uv",
    [ENV_CONDA] = "conda"};

static const char python_file[] = "python_env.yaml", conda_file[] = "conda.yaml";

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

/* One choice under way. */
struct choice {
	struct arena *a;
	const struct manifest *m;
	const char *dir; /* of the project */
	struct env_plan *out;
};

static void note(struct choice *c, const char *text)
{
	c->out->notes[c->out->nnotes++] = text;
}

static void take_file(struct choice *c, const char *file, enum env_key key)
{
	c->out->file = path_join(c->a, c->dir, file);
	c->out->file_key = key;
}

/* A file of that name lies in the project. */
static bool find_file(struct choice *c, const char *name, enum env_key key)
{
	if (!path_exists(path_join(c->a, c->dir, name)))
		return false;
	take_file(c, name, key);
	return true;
}

static bool has_key(const struct choice *c, enum env_key key)
{
	return c->m->env_key == key;
}

/*
 * virtualenv and uv read both kinds of file.  MLflow makes an empty environment of no
 * file; so do we when it was asked for by name.
 */
static int want_python(struct choice *c, bool typed, struct err *err)
{
	if (has_key(c, ENVKEY_PYTHON) || has_key(c, ENVKEY_CONDA)) {
		take_file(c, c->m->env_file, c->m->env_key);
		return 0;
	}
	if (find_file(c, python_file, ENVKEY_PYTHON) ||
	    find_file(c, conda_file, ENVKEY_CONDA))
		return 0;
	if (has_key(c, ENVKEY_NONE) && typed)
		return 0;
	err_set(
	    err, ERR_USAGE, "the project has neither a python_env.yaml nor a conda.yaml");
	return err_hint(err,
	    "add a python_env.yaml, or leave --env-manager out to run as the project "
	    "asks");
}

static int want_conda(struct choice *c, bool typed, struct err *err)
{
	if (has_key(c, ENVKEY_CONDA)) {
		take_file(c, c->m->env_file, ENVKEY_CONDA);
		return 0;
	}
	if (find_file(c, conda_file, ENVKEY_CONDA))
		return 0;
	if (has_key(c, ENVKEY_PYTHON))
		return err_set(err, ERR_USAGE,
		    "python_env project cannot be executed using conda. Set "
		    "`--env-manager` to 'virtualenv' or 'local' to execute this "
		    "project");
	if (has_key(c, ENVKEY_NONE) && typed)
		return 0;
	err_set(err, ERR_USAGE, "the project has no conda.yaml");
	return err_hint(
	    err, "add one, or leave --env-manager out to run as the project asks");
}

static int want_docker(struct choice *c, struct err *err)
{
	if (has_key(c, ENVKEY_DOCKER))
		return 0;
	err_set(err, ERR_USAGE, "the project names no docker image");
	return err_hint(err,
	    "add to its MLproject 'docker_env: {image: NAME}', or leave --env-manager "
	    "out to run as the project asks");
}

/* Can the project have this kind?  Takes the file for it. */
static int want(struct choice *c, enum env_kind kind, bool typed, struct err *err)
{
	c->out->kind = kind;
	c->out->file = NULL;
	c->out->file_key = ENVKEY_NONE;
	if (kind == ENV_LOCAL)
		return 0;
	if (kind == ENV_DOCKER)
		return want_docker(c, err);
	return kind == ENV_CONDA ? want_conda(c, typed, err) : want_python(c, typed, err);
}

static void choose_by_manifest(struct choice *c)
{
	static const enum env_kind kinds[] = {[ENVKEY_NONE] = ENV_LOCAL,
	    [ENVKEY_DOCKER] = ENV_DOCKER,
	    [ENVKEY_PYTHON] = ENV_VIRTUALENV,
	    [ENVKEY_CONDA] = ENV_CONDA};
	static const char *const keys[] = {[ENVKEY_NONE] = "no environment is asked for",
	    [ENVKEY_DOCKER] = "docker_env",
	    [ENVKEY_PYTHON] = "python_env",
	    [ENVKEY_CONDA] = "conda_env"};
	const struct manifest *m = c->m;
	c->out->inherit = false;
	c->out->kind = kinds[m->env_key];
	c->out->chosen_by = m->env_file_found ? m->env_file : keys[m->env_key];
	c->out->file = NULL;
	c->out->file_key = ENVKEY_NONE;
	if (m->env_file)
		take_file(c, m->env_file, m->env_key);
}

static int choose_by_name(
    struct choice *c, const char *word, const char *option, struct err *err)
{
	enum env_kind kind;
	if (env_kind_from_word(word, &kind) < 0)
		return err_set(err, ERR_USAGE,
		    "%s: '%s' is not one of local, virtualenv, uv, conda, docker", option,
		    word);
	c->out->chosen_by = option;
	c->out->inherit = true;
	if (want(c, kind, true, err) < 0)
		return err_wrap(err, "%s %s", option, word);
	return 0;
}

/*
 * The outer run's choice is a wish: a project that cannot have it, as it has nothing for
 * it, runs in what it asks for itself.
 */
static int choose_inherited(struct choice *c, const char *word, struct err *err)
{
	static const char name[] = "MLP_ENV_MANAGER";
	struct err why = ERR_INIT;
	enum env_kind kind;
	if (env_kind_from_word(word, &kind) < 0)
		return choose_by_name(c, word, name, err);
	c->out->chosen_by = name;
	c->out->inherit = true;
	if (want(c, kind, false, &why) == 0 &&
	    (kind == ENV_LOCAL || kind == ENV_DOCKER || c->out->file))
		return 0;
	choose_by_manifest(c);
	note(c, arena_printf(c->a,
		    "the outer run is in %s, but this project has nothing for it: it "
		    "runs in %s",
		    word, words[c->out->kind]));
	return 0;
}

static void note_unused(struct choice *c, const struct env_request *rq)
{
	const char *kind = words[c->out->kind];
	if (c->out->kind == ENV_DOCKER)
		return;
	if (rq->nargs)
		note(c, arena_printf(c->a,
			    "--docker-args: not used, as the run is in %s, not in docker",
			    kind));
	if (rq->build_image)
		note(c, arena_printf(c->a,
			    "--build-image: nothing is built, as the run is in %s, not "
			    "in docker",
			    kind));
}

static void take_docker(
    const struct manifest *m, const struct env_request *rq, struct env_plan *out)
{
	out->project_name = m->name;
	out->image = m->docker_image;
	out->volumes = m->docker_volumes;
	out->nvolumes = m->ndocker_volumes;
	out->vars = m->docker_env;
	out->nvars = m->ndocker_env;
	out->args = rq->args;
	out->nargs = rq->nargs;
	out->build_image = rq->build_image;
	out->was = rq->was;
}

/* The entry point's word wins over the project's, each for itself. */
static void take_resources(
    const struct resources *project, const struct resources *own, struct resources *out)
{
	*out = *project;
	if (own->given & RESOURCE_CPUS)
		out->cpus = own->cpus;
	if (own->given & RESOURCE_MEMORY)
		out->memory_bytes = own->memory_bytes;
	if (own->given & RESOURCE_GPUS)
		out->gpus = own->gpus;
	out->given |= own->given;
}

int env_plan_make(struct arena *a, const struct manifest *m, const struct entry_point *ep,
    const char *project_dir, const struct env_request *rq, struct env_plan *out,
    struct err *err)
{
	struct choice c = {.a = a, .m = m, .dir = project_dir, .out = out};
	int rc = 0;
	memset(out, 0, sizeof(*out));
	take_resources(&m->resources, &ep->resources, &out->resources);
	if (rq->env_manager)
		rc = choose_by_name(&c, rq->env_manager, "--env-manager", err);
	else if (rq->inherited && *rq->inherited)
		rc = choose_inherited(&c, rq->inherited, err);
	else
		choose_by_manifest(&c);
	if (rc < 0)
		return -1;
	take_docker(m, rq, out);
	note_unused(&c, rq);
	return 0;
}
