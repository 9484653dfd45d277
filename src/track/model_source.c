/* SPDX-License-Identifier: MIT */
#include "track/model_source.h"

#include <strings.h>

#include "track/logged_model.h"
#include "track/registered_model.h"
#include "track/run_store.h"
#include "track/source_uri.h"

/* The run or the logged model whose artifacts the source has to be. */
struct owner {
	const char *field; /* "run_id" or "model_id" */
	const char *id;	   /* NULL or "": not given */
};

static int refuse(const char *source, const struct owner *owner, struct err *err)
{
	return err_set(err, ERR_USAGE,
	    "Invalid model version source: '%s'. The %s request parameter must identify "
	    "the resource that contains the source.",
	    source, owner->field);
}

static int refuse_local(const char *source, const struct owner *owner, struct err *err)
{
	return err_set(err, ERR_USAGE,
	    "Invalid model version source: '%s'. To use a local path as a model version "
	    "source, the %s request parameter has to be specified and the local path has "
	    "to be contained within the artifact directory of the run specified by the "
	    "%s.",
	    source, owner->field, owner->field);
}

/* An owner that there is not: the source is wrong.  Other failures stay. */
static int refuse_unknown(
    const char *source, const struct owner *owner, struct err *why, struct err *err)
{
	if (why->code == ERR_NOTFOUND)
		return refuse(source, owner, err);
	*err = *why;
	return -1;
}

/* Where the owner's artifacts are. */
static int artifact_root(struct db *db, struct arena *a, const char *source,
    const struct owner *owner, const char **root, struct err *err)
{
	struct err why = ERR_INIT;
	struct logged_model m;
	auto_stmt st = NULL;
	int rc;
	if (strcmp(owner->field, "model_id") == 0) {
		if (logged_model_find(db, a, owner->id, false, &m, &why) < 0)
			return refuse_unknown(source, owner, &why, err);
		*root = m.artifact_uri;
		return 0;
	}
	st = db_query(
	    db, err, "SELECT artifact_uri FROM runs WHERE run_uuid = ?", "s", owner->id);
	rc = st ? stmt_step(db, st, err) : -1;
	if (rc <= 0)
		return rc < 0 ? -1 : refuse(source, owner, err);
	*root = column_text(a, st, 0);
	return 0;
}

static int check_local(struct db *db, struct arena *a, const char *source,
    const struct source_uri *u, const struct owner *owner, struct err *err)
{
	const char *cwd = db->ctx->cwd, *text, *path, *dir;
	struct source_uri root;
	if (!owner->id || !*owner->id)
		return refuse_local(source, owner, err);
	if (artifact_root(db, a, source, owner, &text, err) < 0)
		return -1;
	source_uri_split(a, text, &root);
	path = source_uri_real_path(a, cwd, source, u);
	dir =
	    source_uri_is_local(&root) ? source_uri_real_path(a, cwd, text, &root) : NULL;
	if (path && dir && path_is_within(path, dir))
		return 0;
	return refuse_local(path ? path : source, owner, err);
}

static int check_proxied(struct db *db, struct arena *a, const char *source,
    const struct source_uri *u, const struct owner *owner, struct err *err)
{
	struct source_uri root;
	const char *text;
	if (!owner->id || !*owner->id)
		return refuse(source, owner, err);
	if (artifact_root(db, a, source, owner, &text, err) < 0)
		return -1;
	source_uri_split(a, text, &root);
	return source_uri_is_within(a, u, &root) ? 0 : refuse(source, owner, err);
}

static int refuse_relative(const char *source, struct err *err)
{
	return err_set(err, ERR_USAGE,
	    "Invalid model version source: '%s'. If supplying a source as an http, "
	    "https, local file path, ftp, objectstore, or mlflow-artifacts uri, an "
	    "absolute path must be provided without relative path references present. "
	    "Please provide an absolute path.",
	    source);
}

/* runs:/RUN/path */
static int check_run(const char *source, const struct source_uri *u,
    const struct owner *owner, struct err *err)
{
	const char *id = u->path + 1;
	size_t n = strcspn(id, "/");
	if (n == 0)
		return err_set(err, ERR_USAGE,
		    "Not a proper runs:/ URI: %s. Runs URIs must be of the form "
		    "'runs:/<run_id>/run-relative/path/to/artifact'",
		    source);
	if (!*u->host && strcmp(owner->field, "run_id") == 0 && owner->id &&
	    strlen(owner->id) == n && strncmp(id, owner->id, n) == 0)
		return 0;
	return refuse(source, owner, err);
}

/* What models:/... can mean. */
struct model_uri {
	const char *model_id;			   /* or NULL, and then */
	const char *name, *number, *stage, *alias; /* the name and at most one more */
};

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\n\v\f\r")] == '\0';
}

static int parse_model_uri(
    struct arena *a, const struct source_uri *u, struct model_uri *out)
{
	const char *path = u->path + strspn(u->path, "/");
	const char *rest, *at;
	*out = (struct model_uri){0};
	if (u->path[0] != '/' || is_blank(path) || *u->host)
		return -1;
	rest = path + strcspn(path, "/");
	at = strrchr(path, '@');
	if (*rest) {
		out->name = arena_strndup(a, path, (size_t)(rest - path));
		rest++;
		if (is_blank(out->name) || is_blank(rest) || strchr(rest, '/'))
			return -1;
		if (rest[strspn(rest, "0123456789")] == '\0')
			out->number = rest;
		else if (strcasecmp(rest, "latest") != 0)
			out->stage = rest;
	} else if (at) {
		out->name = arena_strndup(a, path, (size_t)(at - path));
		out->alias = at + 1;
		return is_blank(out->alias) ? -1 : 0;
	} else {
		out->model_id = path;
	}
	return 0;
}

/* The highest version in that stage, or in any. */
static int find_in_stage(struct db *db, struct arena *a, const struct model_uri *uri,
    struct model_version *out, struct err *err)
{
	struct model_version *all, *best = NULL;
	const char *stage = uri->stage ? model_stage(uri->stage, err) : NULL;
	size_t n;
	if ((uri->stage && !stage) ||
	    model_versions_latest(db, a, uri->name, &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((!stage || strcmp(all[i].stage, stage) == 0) &&
		    (!best || all[i].version > best->version))
			best = &all[i];
	if (best) {
		*out = *best;
		return 0;
	}
	return err_set(err, ERR_NOTFOUND,
	    "No versions of model with name '%s'%s%s%s found", uri->name,
	    uri->stage ? " and stage '" : "", uri->stage ? uri->stage : "",
	    uri->stage ? "'" : "");
}

static int find_version(struct db *db, struct arena *a, const struct model_uri *uri,
    struct model_version *out, struct err *err)
{
	int64_t number;
	if (uri->alias)
		return model_alias_find(db, a, uri->name, uri->alias, out, err);
	if (!uri->number)
		return find_in_stage(db, a, uri, out, err);
	if (model_version_number(uri->number, &number, err) < 0)
		return -1;
	return model_version_find(db, a, uri->name, number, out, err);
}

static bool same_text(const char *s, const char *t)
{
	return strcmp(s ? s : "", t ? t : "") == 0;
}

/* A version of another registered model: it comes from where that one does. */
static int from_version(struct db *db, struct arena *a, const struct model_uri *uri,
    struct model_source *s, struct err *err)
{
	struct registered_model m;
	struct model_version v;
	if (registered_model_find(db, a, uri->name, &m, err) < 0 ||
	    registered_models_fill(db, a, &m, 1, err) < 0)
		return -1;
	if (registry_is_prompt(&m.tags))
		return err_set(err, ERR_USAGE,
		    "Invalid model version source: '%s'. Prompt versions cannot be used "
		    "as model version sources.",
		    s->source);
	if (find_version(db, a, uri, &v, err) < 0)
		return -1;
	if ((s->run_id && !same_text(s->run_id, v.run_id)) ||
	    (s->model_id && *s->model_id))
		return err_set(err, ERR_USAGE,
		    "Invalid model version source: '%s'. The run_id and model_id request "
		    "parameters must match the referenced model version.",
		    s->source);
	s->source = arena_printf(a, "models:/%s/%lld", uri->name, (long long)v.version);
	s->run_id = v.run_id;
	s->storage =
	    v.storage_location && *v.storage_location ? v.storage_location : v.source;
	return 0;
}

/* The logged model says where its files are, and which run made it. */
static int from_logged_model(
    struct db *db, struct arena *a, struct model_source *s, struct err *err)
{
	struct logged_model m;
	if (logged_model_find(db, a, s->model_id, false, &m, err) < 0)
		return err_wrap(err,
		    "Unable to fetch model from model URI source artifact location "
		    "'%s'.Error",
		    s->source);
	s->storage = m.artifact_uri;
	if (!s->run_id || !*s->run_id)
		s->run_id = m.source_run_id;
	return 0;
}

static int from_models(struct db *db, struct arena *a, const struct source_uri *u,
    struct model_source *s, struct err *err)
{
	const struct owner model = {"model_id", s->model_id};
	struct model_uri uri;
	if (*u->host)
		return err_set(err, ERR_USAGE,
		    "Invalid model version source: '%s'. Registered model sources must "
		    "use the active model registry.",
		    s->source);
	if (parse_model_uri(a, u, &uri) < 0)
		return refuse(s->source, &model, err);
	if (!uri.model_id)
		return from_version(db, a, &uri, s, err);
	if (!source_uri_is_plain(a, s->source))
		return refuse_relative(s->source, err);
	if (!same_text(s->model_id, uri.model_id))
		return refuse(s->source, &model, err);
	return from_logged_model(db, a, s, err);
}

/* What has no model behind it: the files are where the source says. */
static int check_files(struct db *db, struct arena *a, const struct source_uri *u,
    const struct owner *owner, struct model_source *s, struct err *err)
{
	s->storage = s->source;
	if (source_uri_is_local(u))
		return check_local(db, a, s->source, u, owner, err);
	if (strcmp(u->scheme, "file") == 0)
		return err_set(err, ERR_USAGE,
		    "%s is not a valid remote uri. For remote access on windows, please "
		    "consider using a different scheme such as SMB (e.g. "
		    "smb://<hostname>/<path>).",
		    s->source);
	if (!source_uri_is_plain(a, s->source))
		return refuse_relative(s->source, err);
	if (strcmp(u->scheme, "runs") == 0)
		return check_run(s->source, u, owner, err);
	if (source_uri_is_proxied(a, u))
		return check_proxied(db, a, s->source, u, owner, err);
	return 0;
}

/* A run that was not named is the one that made the logged model. */
static int complete_run(
    struct db *db, struct arena *a, struct model_source *s, struct err *err)
{
	struct logged_model m;
	if (!s->run_id)
		s->run_id = "";
	if (*s->run_id || !s->model_id || !*s->model_id)
		return 0;
	if (logged_model_find(db, a, s->model_id, false, &m, err) < 0)
		return -1;
	s->run_id = m.source_run_id;
	return 0;
}

int model_source_resolve(
    struct db *db, struct arena *a, struct model_source *s, struct err *err)
{
	struct owner owner = {"run_id", s->run_id};
	struct source_uri u;
	if (s->model_id && *s->model_id)
		owner = (struct owner){"model_id", s->model_id};
	for (const char *p = s->source; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return refuse_relative(s->source, err);
	source_uri_split(a, s->source, &u);
	if (strcmp(u.scheme, "models") == 0)
		return from_models(db, a, &u, s, err);
	if (check_files(db, a, &u, &owner, s, err) < 0)
		return -1;
	return complete_run(db, a, s, err);
}

int model_source_prompt(struct model_source *s, struct err *err)
{
	if (strcmp(s->source, "dummy-source") != 0 &&
	    strcmp(s->source, "prompt-template") != 0)
		return err_set(err, ERR_USAGE,
		    "Invalid prompt source: '%s'. Prompt sources must use an MLflow "
		    "placeholder.",
		    s->source);
	s->storage = s->source;
	if (!s->run_id)
		s->run_id = "";
	return 0;
}
