/* SPDX-License-Identifier: MIT */
#include "env/docker_store.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "env/docker.h"

/* Where a container finds what the credentials' variables name. */
#define AWS_DIR "/.aws"
#define GOOGLE_FILE "/.gcs"

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_within(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return begins(path, dir) &&
	       (path[n] == '/' || path[n] == '\0' || strcmp(dir, "/") == 0);
}

/* "<where>/<run id>/artifacts" -> where; of another shape: the directory itself. */
static const char *home_of_runs(const struct env *e, const char *artifact_dir)
{
	struct arena *a = e->want.a;
	const char *up = path_dir(a, artifact_dir);
	if (strcmp(path_base(artifact_dir), "artifacts") == 0 &&
	    strcmp(path_base(up), e->want.run_id) == 0)
		return path_dir(a, up);
	return artifact_dir;
}

/* `-A user=UID[:GID]` as numbers, if it is another user than we are. */
static bool other_user(const struct env *e, uid_t *uid, gid_t *gid)
{
	const char *user = docker_arg(&e->want.plan->environment, "user", 'u');
	char *end;
	if (!user || *user < '0' || *user > '9')
		return false;
	*uid = (uid_t)strtoul(user, &end, 10);
	*gid = (gid_t)-1;
	if (*end == ':' && end[1] >= '0' && end[1] <= '9')
		*gid = (gid_t)strtoul(end + 1, &end, 10);
	return *end == '\0' && *uid != geteuid();
}

/* What a client writes of this run: its artifacts, and models beside the runs. */
static void hand_over(struct env *e, const char *artifact_dir, const char *where)
{
	const char *models = path_join(e->want.a, where, "models");
	struct err ignored = ERR_INIT;
	uid_t uid;
	gid_t gid;
	if (!other_user(e, &uid, &gid))
		return;
	if (where != artifact_dir)
		(void)dir_make(models, 0777, &ignored);
	if (lchown(artifact_dir, uid, gid) < 0)
		ctx_say(e->want.ctx, SAY_WARNING,
		    "user %u in the container may not be able to write the artifacts in "
		    "'%s': %s",
		    (unsigned)uid, artifact_dir, strerror(errno));
	else if (where != artifact_dir && lchown(models, uid, gid) < 0)
		ctx_say(e->want.ctx, SAY_WARNING,
		    "user %u in the container may not be able to write models in '%s': "
		    "%s",
		    (unsigned)uid, models, strerror(errno));
}

static void add_dir(
    struct env *e, const char *source, const char *target, struct docker_words *w)
{
	if (!docker_is_taken(e, target))
		docker_words_mount(w, source, target, false);
}

/*
 * All artifacts of the store and of the run's experiment, not the run's alone: models are
 * kept beside the runs, and a command may make other runs or read what they left.
 */
static int add_artifacts(struct env *e, struct docker_words *w, struct err *err)
{
	const struct env_want *want = &e->want;
	const char *dir = want->artifact_dir, *root = want->artifact_root, *where;
	struct err ignored = ERR_INIT;
	if (dir && dir[0] != '/') {
		/* the command finds it below its directory, as a client outside does */
		add_dir(e, path_abs(want->a, want->ctx->cwd, dir),
		    path_abs(want->a, DOCKER_PROJECT_DIR, dir), w);
		dir = NULL;
	}
	/* where it cannot be made nobody else can write it either */
	if (root && (path_is_dir(root) || dir_make(root, 0777, &ignored) == 0))
		add_dir(e, root, root, w);
	if (!dir)
		return 0;
	if (dir_make(dir, 0777, err) < 0)
		return -1;
	where = home_of_runs(e, dir);
	hand_over(e, dir, where);
	if (!root || !is_within(where, root))
		add_dir(e, where, where, w);
	return 0;
}

/* SQLite has files beside the database. */
static void add_store(struct env *e, struct docker_words *w)
{
	const char *dir;
	if (!e->want.direct || !e->want.store_path)
		return;
	dir = path_dir(e->want.a, e->want.store_path);
	add_dir(e, dir, dir, w);
}

/* As it is here, where it is set. */
static void give_all(struct docker_words *w, const char *const *names)
{
	for (; *names; names++)
		if (getenv(*names))
			docker_words_setenv(w, *names, getenv(*names));
}

/* It is read there, never written.  False: it cannot be there. */
static bool mount_secret(
    struct env *e, const char *source, const char *target, struct docker_words *w)
{
	if (docker_of(e)->engine.remote || docker_is_taken(e, target))
		return false;
	docker_words_mount(w, source, target, true);
	return true;
}

static void give_aws(struct env *e, struct docker_words *w)
{
	static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
	    "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
	    "MLFLOW_S3_ENDPOINT_URL", "MLFLOW_S3_IGNORE_TLS", NULL};
	const char *home = getenv("HOME"), *dir;
	give_all(w, names);
	dir = path_join(e->want.a, home ? home : "", ".aws");
	if (dir[0] != '/' || !path_is_dir(dir) || !mount_secret(e, dir, AWS_DIR, w))
		return;
	/* its client looks in the container's own HOME */
	docker_words_setenv(w, "AWS_SHARED_CREDENTIALS_FILE", AWS_DIR "/credentials");
	docker_words_setenv(w, "AWS_CONFIG_FILE", AWS_DIR "/config");
}

static void give_azure(struct env *e, struct docker_words *w)
{
	static const char *const names[] = {
	    "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCESS_KEY", NULL};
	(void)e;
	give_all(w, names);
}

/* The value of a variable that names a file; NULL: it is not set, or (said) not there. */
static const char *file_in(struct env *e, const char *name)
{
	const char *file = getenv(name);
	if (!file || !*file || !e->want.ctx->cwd)
		return NULL;
	file = path_abs(e->want.a, e->want.ctx->cwd, file);
	if (path_exists(file))
		return file;
	ctx_say(e->want.ctx, SAY_WARNING,
	    "%s names '%s', which is not there: the container does without it", name,
	    file);
	return NULL;
}

static void give_google(struct env *e, struct docker_words *w)
{
	const char *file = file_in(e, "GOOGLE_APPLICATION_CREDENTIALS");
	if (file && mount_secret(e, file, GOOGLE_FILE, w))
		docker_words_setenv(w, "GOOGLE_APPLICATION_CREDENTIALS", GOOGLE_FILE);
}

static void give_hdfs(struct env *e, struct docker_words *w)
{
	static const char *const names[] = {
	    "MLFLOW_KERBEROS_USER", "MLFLOW_PYARROW_EXTRA_CONF", NULL};
	const char *ticket = file_in(e, "MLFLOW_KERBEROS_TICKET_CACHE");
	if (ticket && mount_secret(e, ticket, ticket, w))
		docker_words_setenv(w, "MLFLOW_KERBEROS_TICKET_CACHE", ticket);
	give_all(w, names);
}

static void give_credentials(struct env *e, struct docker_words *w)
{
	static const struct {
		const char *scheme;
		void (*give)(struct env *e, struct docker_words *w);
	} stores[] = {
	    {"s3:", give_aws},
	    {"wasbs:", give_azure},
	    {"gs:", give_google},
	    {"hdfs:", give_hdfs},
	    {"viewfs:", give_hdfs},
	};
	const char *uri = e->want.artifact_uri;
	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (uri && begins(uri, stores[i].scheme))
			stores[i].give(e, w);
}

int docker_store_add(struct env *e, struct docker_words *w, struct err *err)
{
	const struct env_want *want = &e->want;
	give_credentials(e, w);
	if (docker_of(e)->engine.remote) {
		if (want->artifact_dir)
			ctx_say(want->ctx, SAY_WARNING,
			    "the engine is on another machine: what the command writes "
			    "to '%s' stays in its container",
			    want->artifact_dir);
		return 0;
	}
	add_store(e, w);
	return add_artifacts(e, w, err);
}
