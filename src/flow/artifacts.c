/* SPDX-License-Identifier: MIT */
#include "flow/artifacts.h"

#include "base/path.h"
#include "run/lock.h"

const char *artifacts_local(struct arena *a, const char *uri)
{
	if (!uri)
		return NULL;
	if (uri[0] == '/')
		return uri;
	if (strncmp(uri, "file:///", 8) == 0)
		return arena_strdup(a, uri + 7);
	return NULL;
}

const char *artifacts_log_dir(
    const struct ctx *ctx, struct arena *a, const char *run_id, const char *artifact_uri)
{
	const char *local = artifacts_local(a, artifact_uri);
	return local ? path_join(a, local, "mlp") : run_state_dir(ctx, a, run_id);
}
