/* SPDX-License-Identifier: MIT */
/* tracking.c -- which database a tracking URI means. */
#include <ctype.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "track/store.h"

/* The URI for a message, without what is secret in it. */
static const char *shown(struct arena *a, const char *uri)
{
	auto_buf out = BUF_INIT;
	url_mask(&out, uri);
	return arena_strdup(a, out.s);
}

/*
 * "http://HOST:PORT/KEY", a key of 32 characters, and we are inside a run whose store is
 * not at hand: in its container.
 */
static bool is_outer_endpoint(const char *uri)
{
	const char *key = strrchr(uri, '/');
	return strncmp(uri, "http://", 7) == 0 && strlen(key + 1) == 32 &&
	       getenv("MLP_RUN_ID") && !getenv("MLP_STORE_URI");
}

static int refuse(
    struct arena *a, const char *uri, const char *from, const char *why, struct err *err)
{
	bool served = strcmp(from, "MLFLOW_BACKEND_STORE_URI") == 0;
	const char *option = from[0] == '-' ? from
			     : served	    ? "--backend-store-uri"
					    : "--tracking-uri";
	bool unset = strcmp(from, "MLFLOW_TRACKING_URI") == 0;
	if (is_outer_endpoint(uri)) {
		err_set(
		    err, ERR_USAGE, "the store of the outer run is not in its container");
		return err_hint(err,
		    "run that one with --tracking direct, or name a database of your "
		    "own: %s sqlite:///FILE",
		    option);
	}
	err_set(err, ERR_USAGE, "tracking URI '%.500s' (from %s): %s", shown(a, uri),
	    from, why);
	return err_hint(err, "%sname a local database: %s sqlite:///FILE",
	    unset ? "unset MLFLOW_TRACKING_URI, or " : "", option);
}

/* What stands before "://" (or ":"), or "" for a plain path. */
static const char *scheme_of(struct arena *a, const char *uri)
{
	size_t n = 0;
	while (isalnum((unsigned char)uri[n]) || (n && strchr("+.-_", uri[n]) && uri[n]))
		n++;
	return uri[n] == ':' ? arena_strndup(a, uri, n) : "";
}

static const char *why_not(const char *scheme)
{
	if (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)
		return "a tracking server cannot be recorded to yet";
	if (strcmp(scheme, "file") == 0 || !*scheme)
		return "a directory of files cannot be recorded to";
	if (strncmp(scheme, "databricks", 10) == 0)
		return "Databricks cannot be recorded to";
	return "only an SQLite database can be recorded to";
}

/* The text behind "sqlite:///" or "sqlite+driver:///", or NULL. */
static const char *database_part(const char *uri)
{
	size_t n = strlen("sqlite");
	if (strncmp(uri, "sqlite", n) != 0)
		return NULL;
	if (uri[n] == '+')
		n += strspn(uri + n, "+abcdefghijklmnopqrstuvwxyz0123456789_");
	return strncmp(uri + n, ":///", 4) == 0 ? uri + n + 4 : NULL;
}

/* "sqlite:", "sqlite://": no name at all, which SQLAlchemy takes for memory. */
static bool nothing_behind(const char *uri)
{
	const char *s = strchr(uri, ':');
	return s && s[1 + strspn(s + 1, "/")] == '\0';
}

/* *path: what the URI names, relative or absolute, without the options behind '?'. */
static int parse(struct arena *a, const char *uri, const char *from, const char **path,
    struct err *err)
{
	const char *scheme = scheme_of(a, uri);
	const char *db = database_part(uri);
	if (strcmp(scheme, "sqlite") != 0 && strncmp(scheme, "sqlite+", 7) != 0)
		return refuse(a, uri, from, why_not(scheme), err);
	if (!db && nothing_behind(uri))
		db = "";
	if (!db)
		return refuse(a, uri, from,
		    "an SQLite URI has three slashes before a relative path, four before "
		    "an absolute one",
		    err);
	*path = arena_strndup(a, db, strcspn(db, "?"));
	if (!**path || strcmp(*path, ":memory:") == 0)
		return refuse(
		    a, uri, from, "a database in memory would record nothing", err);
	if (strncmp(*path, "file:", 5) == 0)
		return refuse(
		    a, uri, from, "a file: name inside it is not understood", err);
	return 0;
}

/* "http://127.0.0.1:PORT/KEY" with a key of 32 characters: a run's endpoint. */
static bool is_endpoint(const char *uri)
{
	static const char start[] = "http://127.0.0.1:";
	size_t n = strlen(start);
	if (strncmp(uri, start, n) != 0)
		return false;
	uri += n + strspn(uri + n, "0123456789");
	return *uri == '/' && strcspn(uri + 1, "/?#") == 32 && strlen(uri) == 33;
}

static const char *pick(const char *option, const char **from)
{
	const char *env = getenv("MLFLOW_TRACKING_URI"), *uri = option ? option : env;
	const char *store = getenv("MLP_STORE_URI");
	*from = "MLP_STORE_URI"; /* inside a run: the store behind its endpoint */
	if (uri && store && *store && is_endpoint(uri))
		return store;
	*from = "--tracking-uri";
	if (option)
		return option;
	*from = "MLFLOW_TRACKING_URI";
	if (env && *env)
		return env;
	*from = "the default";
	return "sqlite:///mlflow.db";
}

int tracking_of(const struct ctx *ctx, struct arena *a, const char *uri, const char *from,
    struct tracking *out, struct err *err)
{
	const char *path = NULL;
	if (!*uri)
		return err_set(
		    err, ERR_USAGE, "the tracking URI (from %s) is empty", from);
	if (parse(a, uri, from, &path, err) < 0)
		return -1;
	out->from = from;
	out->path = path_abs(a, ctx->cwd, path);
	if (strchr(out->path, '?'))
		return err_set(err, ERR_USAGE,
		    "the path '%s' has a '?', which no SQLite URI can hold", out->path);
	out->uri = arena_printf(a, "sqlite:///%s", out->path);
	out->artifact_root = path_join(a, path_dir(a, out->path), "mlruns");
	out->artifact_location = url_encode_percent(a, out->artifact_root);
	return 0;
}

int tracking_resolve(const struct ctx *ctx, struct arena *a, const char *option,
    struct tracking *out, struct err *err)
{
	const char *from, *uri = pick(option, &from);
	return tracking_of(ctx, a, uri, from, out, err);
}

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

bool tracking_hidden_by_file_store(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	const char *root = path_join(&a, ctx->cwd, "mlruns");
	auto_dir d = opendir(root);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (all_digits(e->d_name) &&
		    path_exists(arena_printf(&a, "%s/%s/meta.yaml", root, e->d_name)))
			return true;
	return false;
}
