/* SPDX-License-Identifier: MIT */
#include "env/image.h"

#include "base/file.h"
#include "base/path.h"
#include "env/image_name.h"
#include "env/image_parts.h"

const char *image_arg(const struct env_plan *p, const char *name)
{
	for (size_t i = p->nargs; i-- > 0;)
		if (strcmp(p->args[i].name, name) == 0)
			return p->args[i].value ? p->args[i].value : "";
	return NULL;
}

const char *image_dockerfile(const struct env_want *w)
{
	const char *path = path_join(w->a, w->plan->cwd, "Dockerfile");
	return path_exists(path) ? path : NULL;
}

static int check_pull(const struct env_plan *p, struct err *err)
{
	const char *pull = image_arg(p, "pull");
	if (!pull || strcmp(pull, "always") == 0 || strcmp(pull, "missing") == 0 ||
	    strcmp(pull, "never") == 0)
		return 0;
	return err_set(err, ERR_USAGE, "-A pull=%s: not always, missing or never", pull);
}

int image_check(const struct env_plan *p, struct err *err)
{
	const char *why;
	if (!p->image || !*p->image) {
		err_set(err, ERR_FAIL,
		    "Project with docker environment must specify the docker image to "
		    "use via an 'image' field under the 'docker_env' field.");
		return err_hint(err, "MLproject: docker_env: {image: NAME}");
	}
	if (check_pull(p, err) < 0)
		return -1;
	why = image_name_fault(p->image);
	if (!why)
		return 0;
	err_set(err, ERR_FAIL, "docker_env: '%s' is not the name of an image: %s",
	    p->image, why);
	return err_hint(err, "a name is like python:3.11 or "
			     "registry.example.org:5000/team/wine@sha256:...");
}

static const char *text_of(const struct engine *en, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s ? arena_strdup(en->a, s) : "";
}

/* The digest by the name that was asked for, else by any. */
static const char *digest_of(
    const struct engine *en, const cJSON *digests, const char *name)
{
	const char *repository = image_name_repository(en->a, name), *found = NULL;
	size_t n = strlen(repository);
	const cJSON *d;
	cJSON_ArrayForEach(d, digests)
	{
		const char *s = cJSON_GetStringValue(d), *at = s ? strchr(s, '@') : NULL;
		size_t len = at ? (size_t)(at - s) : 0;
		if (!at)
			continue;
		/* podman puts the registry before a name that has none */
		if (len >= n && strncmp(at - n, repository, n) == 0 &&
		    (len == n || at[-(ptrdiff_t)n - 1] == '/'))
			return arena_strdup(en->a, s);
		found = found ? found : s;
	}
	return found ? arena_strdup(en->a, found) : NULL;
}

static const char *platform_of(const struct engine *en, const cJSON *j)
{
	const char *variant = text_of(en, j, "Variant");
	return arena_printf(en->a, "%s/%s%s%s", text_of(en, j, "Os"),
	    text_of(en, j, "Architecture"), *variant ? "/" : "", variant);
}

int image_find(
    const struct engine *en, const char *name, struct image_found *out, struct err *err)
{
	struct err why = ERR_INIT;
	auto_json j = engine_inspect(en, "image", name, &why);
	const cJSON *config;
	const char *id, *label;
	if (!j && why.code == ERR_NOTFOUND)
		return 0;
	if (!j) {
		*err = why;
		return err_wrap(err, "looking for image '%s'", name);
	}
	config = json_get(j, "Config");
	id = text_of(en, j, "Id");
	label = json_str(json_get(config, "Labels"), IMAGE_LABEL);
	*out = (struct image_found){
	    .image = {.uri = name,
		.id = strchr(id, ':') ? id : arena_printf(en->a, "sha256:%s", id),
		.digest = digest_of(en, json_get(j, "RepoDigests"), name),
		.platform = platform_of(en, j),
		.user = text_of(en, config, "User")},
	    .context = label ? arena_strdup(en->a, label) : NULL};
	return 1;
}

static void tell(struct env *e, const struct image *i)
{
	env_tag(e, "mlflow.docker.image.uri", i->uri);
	env_tag(e, "mlflow.docker.image.id", i->id);
	env_tag(e, "mlp.docker.platform", i->platform);
	if (i->digest)
		env_tag(e, "mlp.docker.digest", i->digest);
}

int image_ready(
    struct env *e, const struct engine *en, struct image *out, struct err *err)
{
	const struct env_plan *p = &e->want.plan->environment;
	enum pull_failure failure;
	int rc = p->build_image ? image_build(e, en, out, err)
				: image_get(e, en, p->image, out, &failure, err);
	if (rc < 0)
		return -1;
	tell(e, out);
	return 0;
}

int image_look(const struct env_want *w, const struct engine *en, struct env_look *out,
    struct err *err)
{
	const struct env_plan *p = &w->plan->environment;
	const char *pull = image_arg(p, "pull");
	struct image_found found;
	const char *what;
	int there;
	if (p->build_image)
		return image_build_look(w, en, out, err);
	there = image_find(en, p->image, &found, err);
	if (there < 0)
		return -1;
	if (pull && strcmp(pull, "always") == 0 && !w->ctx->offline)
		what = "would be pulled";
	else if (there)
		what = arena_printf(w->a, "is there, %.19s", found.image.id);
	else if (w->ctx->offline || (pull && strcmp(pull, "never") == 0))
		what = "is not there, and would not be pulled";
	else
		what = "would be pulled";
	env_fact(w->a, out, "image", arena_printf(w->a, "%s (%s)", p->image, what));
	return 0;
}
