/* SPDX-License-Identifier: MIT */
#include "flow/runfile.h"

#include "base/file.h"
#include "base/path.h"
#include "base/secret.h"
#include "base/urltext.h"

enum { RUNFILE_MAX = 64 << 20 };

static void put_source(cJSON *j, const struct source *s)
{
	cJSON *o = json_put_object(j, "source");
	json_put_str(o, "uri", s->uri);
	json_put_str(o, "dir", s->dir);
	json_put_str(o, "root", s->root);
	json_put_str(o, "repo_url", s->repo_url);
	json_put_str(o, "commit", s->commit);
	json_put_str(o, "branch", s->branch);
	json_put_str(o, "version", s->version);
	json_put_str(o, "subdir", s->subdir && *s->subdir ? s->subdir : NULL);
	json_put_str(o, "sha256", s->sha256);
	if (s->dirty < 0)
		json_put_null(o, "dirty");
	else
		json_put_bool(o, "dirty", s->dirty > 0);
}

static void put_params(cJSON *j, const struct params *ps)
{
	cJSON *list = json_put_array(j, "params");
	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->v[i];
		cJSON *o = json_put_object(list, NULL);
		json_put_str(o, "name", p->name);
		json_put_str(o, "value", p->value);
		json_put_str(o, "used", p->used);
		json_put_str(o, "origin", param_origin_word(p->origin));
		json_put_str(o, "type", p->decl ? p->decl->type_word : NULL);
		json_put_bool(o, "downloaded", p->source != NULL);
		json_put_str(o, "sha256", p->sha256);
	}
}

static bool has_param(const struct params *ps, const char *name)
{
	for (size_t i = 0; i < ps->n; i++)
		if (strcmp(ps->v[i].name, name) == 0)
			return true;
	return false;
}

static bool same_str(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_entry(const cJSON *old, const struct prepared *p)
{
	const cJSON *source = json_get(old, "source");
	return same_str(json_str(old, "entry_point"), p->plan.entry_point) &&
	       same_str(json_str(source, "uri"), p->source.uri);
}

/* What earlier attempts were given and this one was not. */
static void put_earlier(
    cJSON *j, const char *dir, const struct prepared *p, const struct kvs *before)
{
	auto_json old = runfile_read(dir);
	cJSON *list = cJSON_GetObjectItemCaseSensitive(j, "params"), *mine;
	const cJSON *o;
	cJSON_ArrayForEach(o, json_get(old, "params"))
	{
		const char *name = json_str(o, "name");
		if (!name || has_param(&p->plan.params, name))
			continue;
		mine = cJSON_Duplicate(o, true);
		if (!same_entry(old, p) && !json_bool(mine, "elsewhere", false))
			json_put_bool(mine, "elsewhere", true);
		json_put(list, NULL, mine);
	}
	for (size_t i = 0; !old && i < before->n; i++) {
		if (has_param(&p->plan.params, before->v[i].key))
			continue;
		mine = json_put_object(list, NULL);
		json_put_str(mine, "name", before->v[i].key);
		json_put_str(mine, "value", before->v[i].value);
		json_put_str(mine, "origin", param_origin_word(ORIGIN_RECORD));
	}
}

/* Names only: a value may be a secret. */
static void put_env_names(cJSON *j, const struct plan *plan)
{
	cJSON *list = json_put_array(j, "env_names");
	for (size_t i = 0; i < plan->nenv; i++)
		json_put_str(list, NULL, plan->env[i].name);
}

/* Of a variable that seems secret only the name: docker copies it from the host then. */
static void put_docker_arg(cJSON *list, const struct docker_arg *arg)
{
	cJSON *o = json_put_object(list, NULL);
	bool env = strcmp(arg->name, "env") == 0 || strcmp(arg->name, "e") == 0;
	size_t n = arg->value ? strcspn(arg->value, "=") : 0;
	auto_buf value = BUF_INIT;
	json_put_str(o, "name", arg->name);
	if (arg->value)
		url_mask(&value, arg->value);
	if (arg->value && env &&
	    (secret_name(arg->value, n) || strcmp(value.s, arg->value) != 0))
		buf_cut(&value, n);
	json_put_str(o, "value", arg->value ? value.s : NULL);
}

static void put_docker(cJSON *j, const struct env_plan *env)
{
	cJSON *list = json_put_array(j, "docker_args");
	for (size_t i = 0; i < env->nargs; i++)
		put_docker_arg(list, &env->args[i]);
	json_put_bool(j, "build_image", env->build_image);
}

void runfile_docker(struct arena *a, const cJSON *runfile, struct env_request *out)
{
	const cJSON *o;
	cJSON_ArrayForEach(o, json_get(runfile, "docker_args"))
	{
		const char *name = json_str(o, "name"), *value = json_str(o, "value");
		if (!name)
			continue;
		ARENA_GROW(a, out->args, out->nargs);
		out->args[out->nargs++] = (struct docker_arg){
		    arena_strdup(a, name), value ? arena_strdup(a, value) : NULL};
	}
	out->build_image = json_bool(runfile, "build_image", false);
}

int runfile_write(const struct ctx *ctx, const char *dir, const char *run_id,
    const struct prepared *p, const struct kvs *before, bool soon, struct err *err)
{
	const struct env_plan *env = &p->plan.environment;
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	auto_buf path = BUF_INIT;
	json_put_int(j, "format", 1);
	json_put_str(j, "mlp_version", MLP_VERSION);
	json_put_str(j, "run_id", run_id);
	json_put_str(j, "caller_cwd", ctx->cwd);
	json_put_str(j, "entry_point", p->plan.entry_point);
	json_put_str(j, "command", p->plan.command);
	json_put_str(j, "cwd", p->plan.cwd);
	json_put_str(j, "env_kind", env_kind_word(env->kind));
	/* asked for by name: the same kind is wanted when it is run again */
	json_put_str(j, "env_manager", env->inherit ? env_kind_word(env->kind) : NULL);
	if (env->kind == ENV_DOCKER)
		put_docker(j, env);
	json_put_int(j, "timeout_ms", p->plan.timeout_ms);
	put_source(j, &p->source);
	put_params(j, &p->plan.params);
	if (before)
		put_earlier(j, dir, p, before);
	put_env_names(j, &p->plan);
	json_print(&text, j, true);
	buf_addc(&text, '\n');
	buf_addf(&path, "%s/run.json", dir);
	return (soon ? file_write_soon : file_write)(path.s, text.s, text.len, 0644, err);
}

int runfile_sync(const char *dir, struct err *err)
{
	auto_buf path = BUF_INIT;
	buf_addf(&path, "%s/run.json", dir);
	return file_sync(path.s, err);
}

cJSON *runfile_read(const char *dir)
{
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	buf_addf(&path, "%s/run.json", dir);
	if (file_read(path.s, RUNFILE_MAX, &text, &err) < 0)
		return NULL;
	return json_parse(text.s, text.len, path.s, &err);
}

struct runfile_param runfile_param(const cJSON *runfile, const char *name)
{
	struct runfile_param found = {.value = NULL};
	const cJSON *o, *list = json_get(runfile, "params");
	cJSON_ArrayForEach(o, list)
	{
		const char *n = json_str(o, "name"), *type = json_str(o, "type");
		if (n && strcmp(n, name) == 0) {
			found.value = json_str(o, "value");
			found.used = json_str(o, "used");
			found.sha256 = json_str(o, "sha256");
			found.downloaded = json_bool(o, "downloaded", false);
			found.elsewhere = json_bool(o, "elsewhere", false);
			found.is_path = type && strcmp(type, "path") == 0;
		}
	}
	return found;
}
