/* SPDX-License-Identifier: MIT */
#include "server/options.h"

enum { KEY_MIN = 16, HOSTS_MAX = 64, PEERS_MAX = 64 };

/* A later MLflow would send its clients' traces here; see /version in the API. */
#define VERSION_TOLD "3.3.2"

static const char *text(struct arena *a, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s && *s ? arena_strdup(a, s) : NULL;
}

static void take_hosts(struct arena *a, const cJSON *j, struct serve_options *out)
{
	const cJSON *h;
	out->hosts = arena_array(a, HOSTS_MAX, sizeof(*out->hosts));
	cJSON_ArrayForEach(h, json_get(j, "hosts"))
	{
		if (cJSON_IsString(h) && out->nhosts < HOSTS_MAX)
			out->hosts[out->nhosts++] = arena_strdup(a, h->valuestring);
	}
}

/* A tool with half of its words would tell something else. */
static int take_peers(
    struct arena *a, const cJSON *j, struct serve_options *out, struct err *err)
{
	const cJSON *words = json_get(j, "peers"), *word;
	size_t n = 0;
	if (!words)
		return 0;
	out->peers = arena_array(a, PEERS_MAX + 1, sizeof(*out->peers));
	cJSON_ArrayForEach(word, words)
	{
		if (!cJSON_IsString(word) || n == PEERS_MAX)
			return err_set(err, ERR_USAGE, "the request's peers are no argv");
		out->peers[n++] = arena_strdup(a, word->valuestring);
	}
	return n ? 0 : err_set(err, ERR_USAGE, "the request's peers are empty");
}

static int take_prefix(
    struct arena *a, const cJSON *j, struct serve_options *out, struct err *err)
{
	const char *key = json_str(j, "key"), *prefix = json_str(j, "prefix");
	out->prefix = "";
	if (out->endpoint) {
		if (!key || strlen(key) < KEY_MIN || strchr(key, '/'))
			return err_set(
			    err, ERR_USAGE, "the request has no key, or a short one");
		out->prefix = arena_printf(a, "/%s", key);
	} else if (prefix && *prefix) {
		if (prefix[0] != '/' || prefix[strlen(prefix) - 1] == '/')
			return err_set(err, ERR_USAGE,
			    "the prefix '%s' must begin with a slash and end without one",
			    prefix);
		out->prefix = arena_strdup(a, prefix);
	}
	return 0;
}

static int check(const cJSON *j, const struct serve_options *o, struct err *err)
{
	const char *mode = json_str(j, "mode"), *mlp = json_str(j, "mlp");
	if (!mode || (!o->endpoint && strcmp(mode, "server") != 0))
		return err_set(err, ERR_USAGE, "the request has no mode");
	if (mlp && strcmp(mlp, MLP_VERSION) != 0)
		return err_set(err, ERR_FAIL,
		    "mlp is version %s, but its mlp-serve is %s: install them together",
		    mlp, MLP_VERSION);
	if (!o->store || o->store[0] != '/' || !o->artifact_root)
		return err_set(
		    err, ERR_USAGE, "the request has no store or no artifact root");
	if (!o->tls_cert != !o->tls_key)
		return err_set(err, ERR_USAGE,
		    "a certificate and its key are needed together: --tls-cert and "
		    "--tls-key");
	return 0;
}

int serve_options_read(
    struct arena *a, const cJSON *j, struct serve_options *out, struct err *err)
{
	const char *mode = json_str(j, "mode");
	*out = (struct serve_options){
	    .endpoint = mode && strcmp(mode, "endpoint") == 0,
	    .restarted = json_bool(j, "restarted", false),
	    .parent = (pid_t)json_int(j, "parent", 0),
	    .store = text(a, j, "store"),
	    .artifact_root = text(a, j, "artifact_root"),
	    .artifacts = text(a, j, "artifacts"),
	    .version = text(a, j, "version"),
	    .read_only = json_bool(j, "read_only", false),
	    .experiment_id = json_int(j, "experiment_id", -1),
	    .run_id = text(a, j, "run_id"),
	    .host = text(a, j, "host"),
	    .port = (int)json_int(j, "port", 5000),
	    .auth_file = text(a, j, "auth_file"),
	    .tls_cert = text(a, j, "tls_cert"),
	    .tls_key = text(a, j, "tls_key"),
	    .insecure_no_auth = json_bool(j, "insecure_no_auth", false),
	    .access_log = text(a, j, "access_log"),
	    .log_json = json_bool(j, "log_json", false),
	};
	if (!out->version)
		out->version = VERSION_TOLD;
	if (!out->host)
		out->host = "127.0.0.1";
	take_hosts(a, j, out);
	if (take_prefix(a, j, out, err) < 0 || take_peers(a, j, out, err) < 0)
		return -1;
	return check(j, out, err);
}
