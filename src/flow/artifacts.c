/* SPDX-License-Identifier: MIT */
#include "flow/artifacts.h"

#include "base/path.h"
#include "base/urltext.h"
#include "run/lock.h"

/* The path of a file: URI on this machine, still encoded. */
static const char *path_of_file_uri(struct arena *a, const char *uri)
{
	const char *path = uri + strlen("file:");
	if (strncmp(path, "//localhost/", 12) == 0)
		path += strlen("//localhost");
	else if (strncmp(path, "///", 3) == 0)
		path += strlen("//");
	else if (strncmp(path, "//", 2) == 0)
		return NULL; /* another machine's */
	return arena_strndup(a, path, strcspn(path, "?#"));
}

static bool has_scheme(const char *uri)
{
	return uri[strcspn(uri, ":/?#")] == ':';
}

const char *artifacts_local(struct arena *a, const char *uri)
{
	const char *path = uri;
	if (!uri || !*uri)
		return NULL;
	if (strncmp(uri, "file:", 5) == 0)
		path = path_of_file_uri(a, uri);
	else if (has_scheme(uri))
		return NULL;
	return path && *path ? url_decode_any(a, path) : NULL;
}

const char *artifacts_log_dir(
    const struct ctx *ctx, struct arena *a, const char *run_id, const char *artifact_uri)
{
	const char *local = artifacts_local(a, artifact_uri);
	if (local && ctx->cwd)
		local = path_abs(a, ctx->cwd, local);
	return local ? path_join(a, local, "mlp") : run_state_dir(ctx, a, run_id);
}
