/* SPDX-License-Identifier: MIT */
/*
 * exchange.h -- one request and its reply.  http.c calls, in this order: exchange_new,
 * exchange_begin (the headers are there), exchange_admit, exchange_take for each piece of
 * the body, exchange_answer_now or exchange_answer, exchange_free; all by the thread of the
 * connection, but what may take long (exchange_admits_slowly, and exchange_answer where it is
 * not exchange_is_quick) by a worker.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "server/artifact.h"
#include "server/server.h"
#include "server/workers.h"

/* A connection; it lives longer than its exchanges. */
struct conn {
	struct conn *next, **at; /* http.c: of all */
	atomic_bool busy;	 /* a request is being answered */
	int gone;		 /* http.c: how often its client was found gone */
	struct server *sv;
	const struct listener *listener;
	int fd;
	bool known;		    /* it comes from where it may */
	struct once_entry *watched; /* see once.h; NULL: none */
};

struct reply {
	struct api_reply api;	       /* status, type, body */
	int fd;			       /* a file that is the body instead; -1 */
	uint64_t offset, length, size; /* of it: what is sent, and how long it is */
	const char *file_name;
	char etag[48];
	const char *challenge; /* WWW-Authenticate */
	bool later;	       /* Retry-After: 1 */
	bool closes;	       /* the connection, since the body is not read */
};

struct exchange {
	struct job job; /* for a worker */
	void *mhd;	/* http.c: its connection */
	bool welcomed;	/* http.c: the body may come */
	struct conn *conn;
	struct server *sv;
	struct arena arena;
	struct reply reply;
	/* what is asked; header strings are MHD's, for as long as the request lives */
	char *uri; /* raw */
	const char *method, *host, *origin, *authorization, *content_type, *agent, *range,
	    *if_none_match, *if_range, *request_id, *length;
	bool waits; /* the client sends its body when it is told to */
	enum api_method verb;
	const char *path; /* decoded, without prefix; NULL until the prefix was right */
	struct kvs query;
	/* the body */
	bool begun;
	bool stranger; /* where it comes from has to be looked at */
	bool unknown;  /* the password has to be looked at */
	bool refused;  /* the reply is there, the rest is only read */
	struct buf body;
	int64_t received, held;
	struct upload *upload;
	/* of one that is watched; see once.h */
	struct once_entry *entry;
	bool first;
	/* for the log */
	int64_t since_us;
	int64_t sent;
	char user[AUTH_NAME + 1];
	char id[65];
	bool done;
};

struct exchange *exchange_new(struct conn *conn, const char *uri);
void exchange_begin(struct exchange *ex);
/* exchange_admit asks a tool, looks at a password or makes directories. */
bool exchange_admits_slowly(const struct exchange *ex);
/* After it reply.closes says not to wait for the body. */
void exchange_admit(struct exchange *ex);
/* -1: it takes too long, the connection is to be closed. */
int exchange_take(struct exchange *ex, const void *data, size_t n);
/* The answer needs neither database nor disk. */
bool exchange_is_quick(const struct exchange *ex);
/*
 * What a training loop sends, where nobody has to be waited for: a thread less to wake.
 * False: exchange_answer has to be called.
 */
bool exchange_answer_now(struct exchange *ex);
/* It may change something, so that it may have to wait for the write lock. */
bool exchange_writes(const struct exchange *ex);
void exchange_answer(struct exchange *ex);
/* `sent`: the reply was handed to the system whole. */
void exchange_free(struct exchange *ex, bool sent);

/* A refusal as MLflow's server words it (JSON), or as plain text. */
void exchange_fail(
    struct exchange *ex, int status, const char *error_code, const char *message);
void exchange_fail_text(struct exchange *ex, int status, const char *text);
void exchange_fail_err(struct exchange *ex, const struct err *err);
void exchange_too_large(struct exchange *ex);

/* /health or /version: asked of everybody, answered to everybody. */
bool exchange_is_probe(const struct exchange *ex);

/* artifacts.c: /api/2.0/mlflow-artifacts/ and /get-artifact */
bool artifacts_owns(const char *path);
/* The headers of a PUT are there. */
void artifacts_begin(struct exchange *ex);
void artifacts_answer(struct exchange *ex);

/* notice.c: what the supervisor of an endpoint wants to know of a request. */
void notice_experiment(struct exchange *ex);

#endif
