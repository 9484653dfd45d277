/* SPDX-License-Identifier: MIT */
#include "env/image.h"

#include <sys/utsname.h>

#include "base/file.h"
#include "base/path.h"
#include "env/docker_argv.h"
#include "env/image_name.h"
#include "env/image_parts.h"

const char *image_dockerfile(const struct env_want *w)
{
	const char *path = path_join(w->a, w->plan->cwd, "Dockerfile");
	return path_exists(path) ? path : NULL;
}

static int check_pull(const struct env_plan *p, struct err *err)
{
	const char *pull = docker_arg(p, "pull", 0);
	if (!pull && docker_has_arg(p, "pull", 0))
		pull = "";
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

static const char *name_of(const struct engine *en, const cJSON *names)
{
	const char *s = cJSON_GetStringValue(cJSON_GetArrayItem(names, 0));
	return s ? arena_strdup(en->a, s) : NULL;
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
		.name = name_of(en, json_get(j, "RepoTags")),
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

/* What docker calls this machine's architecture; NULL: not known. */
static const char *machine(void)
{
	static const struct {
		const char *kernel, *docker;
	} names[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm"},
	    {"armv6l", "arm"}, {"i686", "386"}, {"ppc64le", "ppc64le"},
	    {"s390x", "s390x"}, {"riscv64", "riscv64"}};
	struct utsname u;
	if (uname(&u) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(u.machine, names[i].kernel) == 0)
			return names[i].docker;
	return NULL;
}

/* Said, not refused: this machine may emulate it, or run it all the same (386, arm). */
static void warn_of_platform(
    const struct env *e, const struct engine *en, const struct image *i)
{
	const char *ours = machine();
	if (en->remote || !ours || !*i->platform ||
	    strncmp(i->platform, "linux/", 6) != 0 ||
	    (strncmp(i->platform + 6, ours, strlen(ours)) == 0 &&
		strchr("/", i->platform[6 + strlen(ours)])))
		return;
	ctx_say(e->want.ctx, SAY_WARNING,
	    "image %s is for %s and this machine is linux/%s, which runs it only where "
	    "it "
	    "can emulate it (qemu-user-static)",
	    i->uri, i->platform, ours);
}

int image_ready(
    struct env *e, const struct engine *en, struct image *out, struct err *err)
{
	const struct env_plan *p = &e->want.plan->environment;
	enum pull_failure failure;
	int rc = image_again(e, en, out, err);
	if (rc == 0)
		rc = p->build_image ? image_build(e, en, out, err)
				    : image_get(e, en, p->image, out, &failure, err);
	if (rc < 0)
		return -1;
	tell(e, out);
	warn_of_platform(e, en, out);
	return 0;
}

int image_look(const struct env_want *w, const struct engine *en, struct env_look *out,
    struct err *err)
{
	const struct env_plan *p = &w->plan->environment;
	const char *pull = docker_arg(p, "pull", 0);
	struct image_found found;
	const char *what;
	int there;
	if (p->was.id && image_find(en, p->was.id, &found, err) == 1) {
		env_fact(w->a, out, "image",
		    arena_printf(w->a, "%s (%.19s, of the recorded run)",
			p->was.uri ? p->was.uri : p->image, p->was.id));
		return 0;
	}
	if (err->code)
		return -1;
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
