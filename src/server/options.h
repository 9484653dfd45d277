/* SPDX-License-Identifier: MIT */
/*
 * options.h -- what mlp-serve is told: the request line on its standard input.
 *
 *   mode            "endpoint" (of a run; its socket is handed over) or "server"
 *   mlp             the version of mlp that asks; another one's request is refused
 *   store           the database, absolute
 *   artifact_root   of new experiments: a path or a URI
 *   artifacts       the directory behind mlflow-artifacts:/, absolute; absent: not served
 *   version         what /version says
 *   hosts           more values of the Host header (array)
 *   read_only
 *
 * of an endpoint:
 *   key             the random first part of every path
 *   restarted       another mlp-serve was at this socket before
 *   experiment_id   the run's
 *   run_id          the run
 *   parent          the process that must live as long as we do
 *   peers           a tool's argv (array): the addresses that it prints may ask, nobody
 *                   else; absent: every address
 *
 * of a server:
 *   host, port      where to listen, unless a socket is handed over (LISTEN_FDS)
 *   prefix          of every path: "" or "/mlflow"
 *   auth_file, tls_cert, tls_key, insecure_no_auth
 *   access_log      a file, "-" for standard output; absent: none
 *   log_json
 */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/json.h"

struct serve_options {
	bool endpoint, restarted;
	pid_t parent; /* 0: not told */
	const char *store, *artifact_root, *artifacts, *version;
	const char **hosts;
	size_t nhosts;
	bool read_only;
	const char *prefix; /* "/" and the key, or the static prefix, or "" */
	int64_t experiment_id;
	const char *run_id; /* of an endpoint; or NULL */
	char **peers;	    /* NULL-terminated; or NULL */
	const char *host;
	int port;
	const char *auth_file, *tls_cert, *tls_key;
	bool insecure_no_auth;
	const char *access_log;
	bool log_json;
};

/* Everything in *out lives in the arena. */
int serve_options_read(
    struct arena *a, const cJSON *request, struct serve_options *out, struct err *err);

#endif
