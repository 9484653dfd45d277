/* SPDX-License-Identifier: MIT */
/*
 * api.h -- MLflow's REST API, free of HTTP: a request that has been read goes in, a reply
 * that can be sent comes out.
 *
 * The way in it: route.c finds the row of the one table of routes (method and path);
 * message.c makes a struct of the query or the JSON body by the row's description of it,
 * with types, limits and defaults checked; the row's handler calls track/; message.c makes
 * JSON of the handler's answer.  A new route is one row and one function.
 */
#ifndef API_H
#define API_H

#include "base/arena.h"
#include "base/buf.h"
#include "track/db.h"
#include "track/record.h"

enum api_method { /* HEAD is asked as GET */
	API_GET,
	API_POST,
	API_PUT,
	API_PATCH,
	API_DELETE
};

/* What a server knows and a handler may need; one per open database. */
struct api {
	struct db *db;
	/* of new experiments without a location, without a final slash; a path or a URI */
	const char *artifact_root;
	/* the directory behind mlflow-artifacts:/, absolute; NULL: artifacts are not served */
	const char *artifacts;
	const char *version; /* for /version; NULL: not told (404) */
	bool read_only;	     /* what would write is answered 403 */
	/* A project's run that is created here, and says nothing of its parent, is a
	 * child of this one: `mlflow run` inside a run.  NULL: there is none. */
	const char *parent_run;
	/*
	 * A server that was killed may have made what a client now asks for again.  So what
	 * was made from repeat_since until repeat_until (ms since the epoch) and is in all
	 * that the request says the same, is the answer to a create; and what was deleted,
	 * restored or renamed in that time is so once more.  0, 0: never.
	 */
	int64_t repeat_since, repeat_until;
	/* One was killed for certain, so what is to be removed without a trace, and is not
	 * there, was removed by it; in the same time. */
	bool killed_before;
	/* Of the present request: see api_refuse(). */
	struct api_refusal {
		int status; /* 0: none */
		const char *error_code;
	} refusal;
};

struct api_request {
	enum api_method method;
	const char *path; /* decoded, without key or prefix: "/api/2.0/mlflow/runs/get" */
	struct kvs query; /* decoded, in order; keys may repeat */
	const char *content_type; /* or NULL */
	const char *body;	  /* may hold anything */
	size_t nbody;
};

struct api_reply {
	int status;
	const char *content_type; /* static */
	unsigned allow;	 /* 405: what the path has, a bit 1 << api_method for each */
	struct buf body; /* the caller's to buf_release */
};

/*
 * Always fills in *out (zeroed by the caller, or of an earlier call: the body's memory is
 * used again): a failure is a reply, too.  What `rq` points to, and the arena, are
 * only used during the call.
 */
void api_answer(struct api *api, struct arena *a, const struct api_request *rq,
    struct api_reply *out);

#endif
