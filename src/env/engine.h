/* SPDX-License-Identifier: MIT */
/*
 * engine.h -- the container engine: docker, or podman where docker is absent.  MLP_DOCKER
 * names another program ("podman", a path).
 *
 * What is short is asked over the engine's own unix socket, where it has one that is ours
 * to open (a millisecond); else, and whatever takes a while, by its command line.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/json.h"
#include "base/strvec.h"

enum engine_kind { ENGINE_DOCKER, ENGINE_PODMAN };

/* Strings live in the arena. */
struct engine {
	const struct ctx *ctx;
	struct arena *a;
	enum engine_kind kind;
	const char *program; /* argv[0] */
	const char *host;    /* DOCKER_HOST, or a context's address; NULL: the default */
	bool name_host;	     /* the program must be told it */
	const char *socket;  /* speaks docker's API; NULL: only the program does */
	bool remote;	     /* on another machine: nothing of ours can be mounted */
	bool rootless; /* root in a container is the caller; no network of the host's */
	const char *version; /* of the engine, "20.10.24" */
};

/*
 * Which one, and does it answer?  -1: none is there, it is not running, or we may not: *err
 * says which, with the way out.  Changes nothing.
 */
int engine_open(
    struct engine *en, const struct ctx *ctx, struct arena *a, struct err *err);
const char *engine_word(const struct engine *en); /* "docker", "podman" */

/* What it takes to ask the same engine later, as a JSON object; and to do so. */
void engine_note(const struct engine *en, cJSON *to);
int engine_reopen(struct engine *en, const struct ctx *ctx, struct arena *a,
    const cJSON *note, struct err *err);

/* The first words of a command line: the program and, where need be, whom it asks. */
void engine_argv(const struct engine *en, struct strvec *argv);

/*
 * One request over the socket (which must be there): "GET", "/images/x/json".  0: *status
 * and the body, at most 8 MiB, in `out` (may be NULL).  -1: nobody answers.  `ms`: how
 * long it may take without a byte, 0: no limit.
 */
int engine_request(const struct engine *en, const char *method, const char *path,
    int64_t ms, int *status, struct buf *out, struct err *err);
/* Append a part of such a path, or of a query: what is none of it is %XX; '/' stays. */
void engine_quote(struct buf *out, const char *text);
/* The engine's own words in the body of a failed request, or the body. */
const char *engine_said(struct arena *a, const struct buf *body);

/*
 * What it knows of an image or a container (type "image", "container"), as `docker inspect`
 * prints one.  The caller's to delete.  NULL: ERR_NOTFOUND: there is no such thing; else
 * it could not be asked.
 */
cJSON *engine_inspect(
    const struct engine *en, const char *type, const char *name, struct err *err);

/*
 * The program with these words (NULL-terminated), to its end: its standard output into
 * `out`; -1: what it said is in *err.  For short questions; ERR_INTERRUPTED when we are
 * asked to stop meanwhile.
 */
int engine_ask(
    const struct engine *en, const char *const *words, struct buf *out, struct err *err);

/* Stop and remove a container, by name or id; that there is none is fine. */
int engine_remove(const struct engine *en, const char *name, struct err *err);
/* Send it a signal.  -1: it does not run, or nobody answers. */
int engine_kill(const struct engine *en, const char *name, int sig, struct err *err);
/* Freeze its processes, or let them go on. */
int engine_pause(const struct engine *en, const char *name, bool pause, struct err *err);
/* Append the ids of the containers, running or not, that have this label ("a=b"). */
int engine_find(
    const struct engine *en, const char *label, struct strvec *ids, struct err *err);

#endif
