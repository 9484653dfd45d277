/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <errno.h>
#include <limits.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"

/* A client gives up before, after its last retry. */
enum { REPEAT_MS = 2 * 60 * 1000 };

static void on_say(void *arg, enum say_level level, const char *text)
{
	(void)arg;
	if (level != SAY_DEBUG)
		logs_say("%s", text);
}

/*
 * The database must not be fetched or overwritten as an artifact: even opening and closing
 * the file would take SQLite's locks away.
 */
static int check_artifacts(
    const struct serve_options *o, struct arena *a, struct err *err)
{
	char store[PATH_MAX], dir[PATH_MAX];
	if (!o->artifacts)
		return 0;
	if (!o->read_only && dir_make(o->artifacts, 0777, err) < 0)
		return -1;
	if (!realpath(o->artifacts, dir))
		return err_sys(err, errno, "artifacts' destination '%s'", o->artifacts);
	if (!realpath(path_dir(a, o->store), store) || !path_is_below(store, dir))
		return 0;
	err_set(err, ERR_USAGE,
	    "the database '%s' lies in the artifacts' destination '%s'", o->store,
	    o->artifacts);
	return err_hint(err, "--artifacts-destination names another directory");
}

static int check_reach(struct server *sv, struct err *err)
{
	const struct serve_options *o = sv->options;
	for (size_t i = 0; i < sv->listeners.n; i++) {
		const struct listener *l = &sv->listeners.v[i];
		if (l->loopback || o->auth_file || o->insecure_no_auth || o->peers)
			continue;
		err_set(err, ERR_USAGE,
		    "%s can be reached by other machines, and everybody could change "
		    "everything",
		    l->at);
		return err_hint(err, "--auth FILE asks for passwords; "
				     "--insecure-no-auth does without");
	}
	return 0;
}

static int open_sockets(struct server *sv, struct arena *a, struct err *err)
{
	const struct serve_options *o = sv->options;
	int n = listeners_handed_over();
	if (n > 0)
		return listeners_take(a, &sv->listeners, n, err);
	if (o->endpoint)
		return err_set(err, ERR_USAGE, "no socket was handed over");
	return listeners_bind(a, &sv->listeners, o->host, o->port, err);
}

/* The words of who runs a project name another option than a server has. */
static int name_option(const struct serve_options *o, struct err *err)
{
	if (o->endpoint || !strstr(err->hint, "--tracking-uri"))
		return -1;
	err->hint[0] = '\0';
	return err_hint(err, "another one is named with --backend-store-uri");
}

/* The first one, so that a store that cannot be used is told before anybody asks. */
static int open_store(struct server *sv, struct err *err)
{
	const struct serve_options *o = sv->options;
	struct db_options db = {.ctx = &sv->ctx,
	    .path = o->store,
	    .artifact_root = o->artifact_root,
	    .create = !o->read_only,
	    .quick = true};
	struct api model = {.artifact_root = o->artifact_root,
	    .artifacts = o->artifacts,
	    .version = o->version,
	    .read_only = o->read_only,
	    .parent_run = o->run_id,
	    .killed_before = o->restarted};
	struct dbslot *slot;
	int rc;
	if (!o->endpoint || o->restarted) {
		model.repeat_until = clock_now_ms();
		model.repeat_since = model.repeat_until - REPEAT_MS;
	}
	dbpool_init(&sv->pool, &db, &model);
	slot = dbpool_take(&sv->pool, err);
	if (!slot)
		return name_option(o, err);
	rc = o->read_only ? 0 : db_ready(&slot->db, err);
	dbpool_give(&sv->pool, slot);
	dbpool_settle(&sv->pool);
	return rc;
}

static void name_boot(struct server *sv)
{
	unsigned n = 0;
	(void)!getrandom(&n, sizeof(n), 0);
	snprintf(sv->boot, sizeof(sv->boot), "%08x", n);
}

int server_open(
    struct server *sv, const struct serve_options *o, struct arena *a, struct err *err)
{
	char cwd[PATH_MAX];
	sv->options = o;
	sv->ctx = (struct ctx){.trace = -1, .say = on_say};
	sv->ctx.cwd = getcwd(cwd, sizeof(cwd)) ? arena_strdup(a, cwd) : NULL;
	sv->logs.access = -1;
	sv->once = once_new();
	sv->peers = o->peers ? peers_new(o->peers) : NULL;
	sv->stats.started = clock_now_ms();
	sv->guard = (struct guard){.prefix = o->prefix,
	    .hosts = o->hosts,
	    .nhosts = o->nhosts,
	    .usual_port = o->tls_cert ? 443 : 80};
	name_boot(sv);
	if (open_sockets(sv, a, err) < 0 || check_reach(sv, err) < 0)
		return -1;
	if (o->auth_file && auth_open(o->auth_file, &sv->auth, err) < 0)
		return -1;
	if (logs_open(&sv->logs, o->access_log, o->log_json, err) < 0 ||
	    check_artifacts(o, a, err) < 0)
		return -1;
	return open_store(sv, err);
}

void server_reopen(struct server *sv)
{
	struct err err = ERR_INIT;
	if (logs_reopen(&sv->logs, &err) < 0)
		logs_error(&err);
	err_clear(&err);
	if (sv->auth && auth_reload(sv->auth, &err) < 0)
		logs_error(&err);
}

void server_close(struct server *sv)
{
	dbpool_close(&sv->pool);
	once_free(sv->once);
	auth_close(sv->auth);
	peers_free(sv->peers);
	logs_close(&sv->logs);
	listeners_close(&sv->listeners);
}
