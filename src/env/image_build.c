/* SPDX-License-Identifier: MIT */
/* image_build.c -- --build-image: once for the same input, by the label of its hash. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "env/context.h"
#include "env/image_name.h"
#include "env/image_parts.h"
#include "env/step.h"
#include "env/turn.h"

enum { DOCKERFILE_MAX = 1 << 20 };

struct build {
	const struct env_want *w;
	const struct engine *en;
	const char *uri;	/* what it is called when it is built */
	const char *base;	/* docker_env's image */
	const char *dockerfile; /* the text */
	const char *key;	/* what else decides about the result */
	struct context context;
	char hash[SHA256_HEX + 1];
};

/* Whoever the command runs as can write beside its files. */
static int put_owner(const struct build *b, struct buf *out, struct err *err)
{
	const struct env_plan *p = &b->w->plan->environment;
	const char *user = image_arg(p, "user");
	if (!user)
		user = image_arg(p, "u");
	if (b->en->rootless && !user)
		return 0;
	if (!user) {
		buf_addf(out, "--chown=%u:%u ", (unsigned)geteuid(), (unsigned)getegid());
		return 0;
	}
	for (const char *c = user; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.:-", *c))
			return err_set(
			    err, ERR_USAGE, "-A user=%s: that is no user's name", user);
	if (*user)
		buf_addf(out, "--chown=%s ", user);
	return 0;
}

/* `above` (as in "FROM x"), the project's files, and the command's directory. */
static int set_text(struct build *b, const char *above, const char *key, struct err *err)
{
	const char *platform = image_arg(&b->w->plan->environment, "platform");
	auto_buf text = BUF_INIT;
	buf_adds(&text, above);
	buf_adds(&text, "\nCOPY ");
	if (put_owner(b, &text, err) < 0)
		return -1;
	buf_adds(&text, ". " IMAGE_PROJECT_DIR "/\nWORKDIR " IMAGE_PROJECT_DIR "/\n");
	b->dockerfile = arena_strdup(b->w->a, text.s);
	b->key = arena_printf(b->w->a, "%s\n%s", key, platform ? platform : "");
	return 0;
}

static int from_image(struct build *b, const struct image *base, struct err *err)
{
	const char *from = arena_printf(b->w->a, "FROM %s", b->base);
	return set_text(b, from, base->id, err);
}

static int from_dockerfile(struct build *b, const char *path, struct err *err)
{
	auto_buf text = BUF_INIT;
	if (file_read(path, DOCKERFILE_MAX, &text, err) < 0)
		return -1;
	if (strlen(text.s) != text.len)
		return err_set(err, ERR_FAIL, "'%s' is no text", path);
	return set_text(b, text.s, "Dockerfile", err);
}

static int look_at_files(struct build *b, struct err *err)
{
	return context_look(
	    b->w->a, b->w->ctx, b->w->plan->cwd, b->w->store_path, &b->context, err);
}

static int make_hash(struct build *b, struct err *err)
{
	return context_write(&b->context, b->dockerfile, b->key, -1, b->hash, err);
}

/* The id of an image with the hash as its label; NULL: there is none. */
static int find_by_label(const struct build *b, char **id, struct err *err)
{
	const char *label = arena_printf(b->w->a, "label=" IMAGE_LABEL "=%s", b->hash);
	auto_buf said = BUF_INIT;
	*id = NULL;
	if (engine_ask(b->en,
		(const char *[]){"images", "-q", "--no-trunc", "--filter", label, NULL},
		&said, err) < 0)
		return err_wrap(err, "looking for an image that was built");
	if (said.len)
		*id = arena_strndup(b->w->a, said.s, strcspn(said.s, "\n"));
	return 0;
}

/*
 * 1: what is to be built is there.  An image that lost its name to a later one gets it
 * back, where `name_it` is set.
 */
static int find_built(
    const struct build *b, bool name_it, struct image *out, struct err *err)
{
	struct image_found found;
	char *id;
	int there = image_find(b->en, b->uri, &found, err);
	if (there < 0)
		return -1;
	if (!there || !found.context || strcmp(found.context, b->hash) != 0) {
		auto_buf said = BUF_INIT;
		if (find_by_label(b, &id, err) < 0)
			return -1;
		if (!id)
			return 0;
		there = image_find(b->en, id, &found, err);
		if (there <= 0)
			return there;
		if (name_it &&
		    engine_ask(
			b->en, (const char *[]){"tag", id, b->uri, NULL}, &said, err) < 0)
			return -1;
	}
	*out = found.image;
	out->uri = b->uri;
	out->has_project = true;
	return 1;
}

static int hint_space(struct env *e, struct err *err)
{
	if (err->sys == ENOSPC || err->sys == EDQUOT)
		err_hint(err,
		    "it is made in %s; XDG_CACHE_HOME names another place, and "
		    "a .dockerignore leaves files out",
		    e->want.ctx->cache_dir);
	return -1;
}

/* The archive, in a file without a name. */
static int make_archive(const struct build *b, struct env *e, int *out, struct err *err)
{
	char hash[SHA256_HEX + 1];
	const char *dir = path_join(e->want.a, e->want.ctx->cache_dir, "images");
	auto_fd fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
		char *name = path_join(e->want.a, dir, "archive-XXXXXX");
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		return err_sys(err, errno, "cannot make a file in '%s'", dir);
	if (context_write(&b->context, b->dockerfile, b->key, fd, hash, err) < 0)
		return hint_space(e, err);
	if (strcmp(hash, b->hash) != 0) {
		err_set(err, ERR_BUSY,
		    "the project's files were changed while the image was being made");
		return err_hint(err, "run it again");
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "cannot read a file in '%s'", dir);
	*out = steal_fd(&fd);
	return 0;
}

static void put_words(const struct build *b, struct strvec *argv)
{
	const char *platform = image_arg(&b->w->plan->environment, "platform");
	engine_argv(b->en, argv);
	strvec_push(argv, "build");
	strvec_push(argv, "--force-rm");
	if (platform) {
		strvec_push(argv, "--platform");
		strvec_push(argv, platform);
	}
	strvec_push(argv, "--label");
	strvec_pushf(argv, IMAGE_LABEL "=%s", b->hash);
	strvec_push(argv, "--label");
	strvec_pushf(argv, IMAGE_LABEL_NAME "=%s", b->uri);
	strvec_push(argv, "-t");
	strvec_push(argv, b->uri);
	strvec_push(argv, "-f");
	strvec_push(argv, CONTEXT_DOCKERFILE);
	strvec_push(argv, "-");
}

static int run_build(struct env *e, const struct build *b, struct err *err)
{
	struct env_step step = {
	    .what = arena_printf(e->want.a, "building image %s", b->uri)};
	auto_strvec argv = STRVEC_INIT;
	auto_fd archive = -1;
	if (make_archive(b, e, &archive, err) < 0)
		return -1;
	put_words(b, &argv);
	step.argv = strvec_argv(&argv);
	step.input = archive;
	ctx_say(e->want.ctx, SAY_INFO, "building image %s", b->uri);
	if (env_step(e, &step, NULL, err) == 0)
		return 0;
	if (err->code != ERR_INTERRUPTED && pull_failure_of(err->msg) == PULL_NO_SPACE)
		err_hint(err,
		    "%s system df shows what takes the space, %s image prune "
		    "frees some",
		    engine_word(b->en), engine_word(b->en));
	return -1;
}

/* Whoever comes second finds what the first has built. */
static int build_in_turn(
    struct env *e, const struct build *b, struct image *out, struct err *err)
{
	const char *path =
	    arena_printf(e->want.a, "%s/images/%s.lock", e->want.ctx->cache_dir, b->hash);
	const char *what = arena_printf(e->want.a, "image %s", b->uri);
	auto_fd turn = -1;
	int there;
	if (turn_take(e, path, true, what, &turn, err) < 0)
		return -1;
	there = find_built(b, true, out, err);
	if (there == 0 && run_build(e, b, err) == 0) {
		there = find_built(b, true, out, err);
		if (there == 0) {
			err_set(err, ERR_FAIL, "image %s was built, but is not there",
			    b->uri);
			err_hint(err, "does docker build on another machine? docker "
				      "buildx use default");
		}
	}
	unlink(path);
	return there > 0 ? 0 : -1;
}

/* No image of that name here: of its registry, else what the Dockerfile says. */
static int without_base(struct build *b, struct env *e, const char *dockerfile,
    struct image *out, struct err *err)
{
	struct err why = ERR_INIT;
	enum pull_failure failure;
	struct image base;
	int there;
	if (from_dockerfile(b, dockerfile, err) < 0 || make_hash(b, err) < 0)
		return -1;
	there = find_built(b, true, out, err);
	if (there != 0)
		return there;
	if (image_get(e, b->en, b->base, &base, &failure, &why) == 0)
		return from_image(b, &base, err) < 0 ? -1 : make_hash(b, err);
	if (failure != PULL_ABSENT && failure != PULL_UNREACHABLE) {
		*err = why;
		return -1;
	}
	ctx_say(e->want.ctx, SAY_INFO, "%s: the project's Dockerfile is built instead",
	    why.msg);
	return 0;
}

/* 1: it was found; 0: *b is ready to be built. */
static int decide(struct build *b, struct env *e, struct image *out, struct err *err)
{
	const char *dockerfile = image_dockerfile(b->w);
	enum pull_failure failure;
	struct image_found found;
	struct image base;
	int there = dockerfile ? image_find(b->en, b->base, &found, err) : 1;
	if (there < 0)
		return -1;
	if (there == 0)
		return without_base(b, e, dockerfile, out, err);
	if (image_get(e, b->en, b->base, &base, &failure, err) < 0 ||
	    from_image(b, &base, err) < 0 || make_hash(b, err) < 0)
		return -1;
	return find_built(b, true, out, err);
}

static void build_init(struct build *b, const struct env_want *w, const struct engine *en)
{
	const struct env_plan *p = &w->plan->environment;
	*b = (struct build){.w = w,
	    .en = en,
	    .base = p->image,
	    .uri = image_name_built(w->a, p->project_name, w->commit)};
}

int image_build(
    struct env *e, const struct engine *en, struct image *out, struct err *err)
{
	struct build b;
	int there;
	build_init(&b, &e->want, en);
	if (!e->want.ctx->cache_dir) {
		err_set(err, ERR_FAIL, "--build-image needs a cache directory");
		return err_hint(err, "set HOME or XDG_CACHE_HOME");
	}
	if (look_at_files(&b, err) < 0)
		return -1;
	there = decide(&b, e, out, err);
	if (there < 0)
		return -1;
	return there ? 0 : build_in_turn(e, &b, out, err);
}

static const char *files_in_words(const struct build *b)
{
	const struct context *c = &b->context;
	return arena_printf(b->w->a, "%zu file%s, %.1f kB", c->files,
	    c->files == 1 ? "" : "s", (double)c->bytes / 1e3);
}

/* What would be built, as far as that can be told without pulling. */
static int look_inside(struct build *b, const struct image *base, const char *dockerfile,
    struct env_look *out, struct err *err)
{
	struct image built;
	int there = 0;
	if (look_at_files(b, err) < 0)
		return -1;
	if (base && from_image(b, base, err) < 0)
		return -1;
	if (!base && dockerfile && from_dockerfile(b, dockerfile, err) < 0)
		return -1;
	if (b->dockerfile &&
	    (make_hash(b, err) < 0 || (there = find_built(b, false, &built, err)) < 0))
		return -1;
	env_fact(b->w->a, out, "image",
	    there ? arena_printf(b->w->a, "%s (is built, %.19s)", b->uri, built.id)
		  : arena_printf(
			b->w->a, "%s (would be built: %s)", b->uri, files_in_words(b)));
	return there;
}

int image_build_look(const struct env_want *w, const struct engine *en,
    struct env_look *out, struct err *err)
{
	const char *dockerfile = image_dockerfile(w), *how;
	struct image_found found;
	struct build b;
	int there = image_find(en, w->plan->environment.image, &found, err), built;
	if (there < 0)
		return -1;
	build_init(&b, w, en);
	built = look_inside(&b, there ? &found.image : NULL, dockerfile, out, err);
	if (built < 0)
		return -1;
	if (there)
		how = arena_printf(w->a, "is there, %.19s", found.image.id);
	else if (built)
		how = "not needed: the Dockerfile was built instead";
	else if (w->ctx->offline)
		how = dockerfile ? "is not there; the Dockerfile would be built instead"
				 : "is not there, and would not be pulled";
	else
		how = dockerfile ? "would be pulled; the Dockerfile would be built "
				   "where that fails"
				 : "would be pulled";
	env_fact(w->a, out, "made from", arena_printf(w->a, "%s (%s)", b.base, how));
	return 0;
}
