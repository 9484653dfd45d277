/* SPDX-License-Identifier: MIT */
/* image_pull.c -- an image from its registry, and in words why it does not come. */
#include "env/image_name.h"
#include "env/image_parts.h"
#include "env/step.h"

/* The first line that the words match decides. */
static const struct sign {
	const char *words;
	enum pull_failure failure;
} signs[] = {
    {"no space left on device", PULL_NO_SPACE},
    {"disk quota exceeded", PULL_NO_SPACE},
    {"no matching manifest for", PULL_PLATFORM},
    {"does not match the specified platform", PULL_PLATFORM},
    {"no image found in manifest list for architecture", PULL_PLATFORM},
    {"manifest unknown", PULL_ABSENT},
    {"repository does not exist", PULL_ABSENT},
    {"repository name not known to registry", PULL_ABSENT},
    {"name unknown", PULL_ABSENT},
    {"manifest for ", PULL_ABSENT},
    {"404 not found", PULL_ABSENT},
    {": not found", PULL_ABSENT},
    {"did not resolve to an alias", PULL_ABSENT},
    {"no basic auth credentials", PULL_LOGIN},
    {"unauthorized", PULL_LOGIN},
    {"authentication required", PULL_LOGIN},
    {"incorrect username or password", PULL_LOGIN},
    {"denied", PULL_LOGIN},
    {"403 forbidden", PULL_LOGIN},
    {"connection refused", PULL_UNREACHABLE},
    {"no such host", PULL_UNREACHABLE},
    {"server misbehaving", PULL_UNREACHABLE},
    {"i/o timeout", PULL_UNREACHABLE},
    {"deadline exceeded", PULL_UNREACHABLE},
    {"request canceled while waiting", PULL_UNREACHABLE},
    {"network is unreachable", PULL_UNREACHABLE},
    {"no route to host", PULL_UNREACHABLE},
    {"connection reset", PULL_UNREACHABLE},
    {"tls handshake", PULL_UNREACHABLE},
    {"proxyconnect", PULL_UNREACHABLE},
    {"http response to https client", PULL_UNREACHABLE},
    {"x509:", PULL_UNREACHABLE},
};

enum pull_failure pull_failure_of(const char *words)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcasestr(words, signs[i].words))
			return signs[i].failure;
	return PULL_OTHER;
}

/* The line in which an engine says what is wrong, without its own preface. */
static const char *last_line(struct arena *a, const char *msg)
{
	static const char *const prefaces[] = {
	    "Error response from daemon: ", "Error: ", "error: "};
	size_t n = strlen(msg);
	const char *line;
	while (n && msg[n - 1] == '\n')
		n--;
	msg = arena_strndup(a, msg, n);
	line = strrchr(msg, '\n');
	line = line ? line + 1 : msg;
	for (size_t i = 0; i < sizeof(prefaces) / sizeof(prefaces[0]); i++)
		if (strncmp(line, prefaces[i], strlen(prefaces[i])) == 0)
			return line + strlen(prefaces[i]);
	return line;
}

static int hint(const struct env *e, const struct engine *en, const char *name,
    enum pull_failure why, struct err *err)
{
	const char *slash = strchr(name, '/'), *word = engine_word(en);
	int host = slash && strcspn(name, ".:") < (size_t)(slash - name)
		       ? (int)(slash - name)
		       : 0;
	const struct env_plan *p = &e->want.plan->environment;
	if ((why == PULL_ABSENT || why == PULL_UNREACHABLE || why == PULL_LOGIN) &&
	    !p->build_image && image_dockerfile(&e->want))
		return err_hint(
		    err, "the project has a Dockerfile: --build-image builds it");
	switch (why) {
	case PULL_LOGIN:
		return err_hint(err, "%s login%s%.*s", word, host ? " " : "", host, name);
	case PULL_ABSENT:
		return err_hint(err,
		    "is the name right? A private one needs: %s login%s%.*s", word,
		    host ? " " : "", host, name);
	case PULL_UNREACHABLE:
		return err_hint(err,
		    "bring the image here another way (%s load, %s build -t %s), or try "
		    "again when its registry answers",
		    word, word, name);
	case PULL_PLATFORM:
		return err_hint(err,
		    "-A platform=OS/ARCHITECTURE asks for another one; this machine "
		    "runs it only by emulation");
	case PULL_NO_SPACE:
		return err_hint(err,
		    "%s system df shows what takes the space, %s image prune frees some",
		    word, word);
	case PULL_INTERRUPTED:
	case PULL_OTHER:
		break;
	}
	return -1;
}

static int run_pull(
    struct env *e, const struct engine *en, const char *name, struct err *err)
{
	const char *platform = image_arg(&e->want.plan->environment, "platform");
	auto_strvec argv = STRVEC_INIT;
	engine_argv(en, &argv);
	strvec_push(&argv, "pull");
	if (platform) {
		strvec_push(&argv, "--platform");
		strvec_push(&argv, platform);
	}
	strvec_push(&argv, name);
	ctx_say(e->want.ctx, SAY_INFO, "pulling %s", name);
	return env_step(e,
	    &(struct env_step){.what = arena_printf(e->want.a, "pulling %s", name),
		.argv = strvec_argv(&argv)},
	    NULL, err);
}

static int refuse(struct env *e, const struct engine *en, const char *name,
    const char *because, enum pull_failure *failure, struct err *err)
{
	*failure = PULL_UNREACHABLE;
	err_set(
	    err, ERR_FAIL, "image '%s' is not on this machine, and %s", name, because);
	if (image_dockerfile(&e->want) && !e->want.plan->environment.build_image)
		return err_hint(err,
		    "the project has a Dockerfile: --build-image builds it; or get the "
		    "image: %s pull %s",
		    engine_word(en), name);
	return err_hint(err, "get it first: %s pull %s", engine_word(en), name);
}

int image_pull(struct env *e, const struct engine *en, const char *name,
    enum pull_failure *failure, struct err *err)
{
	struct err why = ERR_INIT;
	if (e->want.ctx->offline)
		return refuse(
		    e, en, name, "--offline asks no registry for it", failure, err);
	if (run_pull(e, en, name, &why) == 0)
		return 0;
	if (why.code == ERR_INTERRUPTED) {
		*failure = PULL_INTERRUPTED;
		*err = why;
		return -1;
	}
	*failure = pull_failure_of(why.msg);
	err_set(err, ERR_FAIL,
	    "image '%s' is not on this machine and cannot be pulled: %s", name,
	    last_line(e->want.a, why.msg));
	return hint(e, en, name, *failure, err);
}

int image_get(struct env *e, const struct engine *en, const char *name, struct image *out,
    enum pull_failure *failure, struct err *err)
{
	const char *pull = image_arg(&e->want.plan->environment, "pull");
	bool always = pull && strcmp(pull, "always") == 0 && !e->want.ctx->offline;
	struct image_found found;
	int there = image_find(en, name, &found, err);
	*failure = PULL_OTHER;
	if (there < 0)
		return -1;
	if (!there && pull && strcmp(pull, "never") == 0)
		return refuse(
		    e, en, name, "-A pull=never forbids to pull it", failure, err);
	if (!there || always) {
		if (image_pull(e, en, name, failure, err) < 0)
			return -1;
		there = image_find(en, name, &found, err);
		if (there == 0)
			err_set(err, ERR_FAIL, "image '%s' was pulled, but is not there",
			    name);
		if (there <= 0)
			return -1;
	}
	*out = found.image;
	return 0;
}
