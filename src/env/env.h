/* SPDX-License-Identifier: MIT */
/*
 * env.h -- what has to be there before a run's command starts, and how the command is
 * started in it.  Every kind of environment is one row of a table (env.c); a local run
 * has none and pays nothing.
 *
 * The order: env_look (only for --dry-run) or, for a run: env_open before the run is
 * recorded; env_make when it is; env_wrap for the command; env_end when it has ended;
 * env_release in any case.
 */
#ifndef ENV_H
#define ENV_H

#include "base/ctx.h"
#include "base/strvec.h"
#include "plan/plan.h"
#include "run/supervise.h"

/* What is known when it begins.  Everything is borrowed. */
struct env_want {
	const struct ctx *ctx;
	struct arena *a;
	const struct plan *plan;  /* plan->environment says what is wanted */
	const char *project_root; /* the tree that plan->cwd lies in */
	bool fetched;		  /* the project came from elsewhere */
	bool partial;		  /* of it only the YAML files are here: a mere look */
	bool direct;		/* --tracking direct: the command gets the store itself */
	const char *store_path; /* of a store on this machine; NULL: it is elsewhere */
	/* from env_make on: */
	const char *commit; /* of the project, or NULL */
	const char *run_id;
	const char *state_dir;	  /* the run's: what is noted there survives a kill */
	const char *log_dir;	  /* the artifacts' mlp/ */
	const char *artifact_dir; /* of the run, on this machine; NULL: elsewhere */
	const char *artifact_uri; /* as recorded */
	const char
	    *artifact_root; /* of new experiments, on this machine; NULL: elsewhere */
};

/* One line of --dry-run: {"image", "busybox (is there)"}; in JSON a member of "prepare". */
struct env_look {
	struct env_fact {
		const char *name, *text;
	} * v;
	size_t n;
};

/*
 * How a command that runs inside gets to an endpoint of this machine.  All zero: by
 * loopback, as a command outside does.
 */
struct env_reach {
	bool never;	     /* it has no network, which was said: no endpoint */
	const char *address; /* of this machine, where it listens instead of loopback */
	bool early;	     /* which may get that address only when the command starts */
	const char *name;    /* what the command calls it; NULL: by the address */
	/*
	 * A tool that prints the addresses from which the command may come, and nobody
	 * else; NULL: everybody who has the key.
	 */
	char *const *ask;
};

/* A tag of the run; the strings are in the arena. */
struct env_tag {
	const char *key, *value;
};

struct env {
	const struct env_ops *ops; /* NULL: local */
	struct env_want want;
	const char *said;     /* the last lines of the tool that failed, or NULL */
	struct env_tag *tags; /* to be recorded, once env_make is done */
	size_t ntags;
	struct env_reach reach; /* once env_make is done */
	void *own;		/* the kind's, in the arena or freed by its release */
};

struct env_ops {
	int (*look)(const struct env_want *w, struct env_look *out, struct err *err);
	int (*open)(struct env *e, struct err *err);
	int (*make)(struct env *e, struct err *err);
	int (*wrap)(struct env *e, const struct env_var *added, size_t nadded,
	    struct launch *l, struct strvec *envp, struct err *err);
	void (*end)(struct env *e, struct outcome *o, struct err *why);
	void (*release)(struct env *e);
};

/*
 * A project that came from elsewhere has its environment's file below its own root; that of
 * a local one may lie anywhere.
 */
int env_check_file(const char *root, const struct env_plan *plan, struct err *err);

/*
 * What would be found, built, pulled: looks and changes nothing, not even a lock.  The
 * lines are in the arena.
 */
int env_look(const struct env_want *w, struct env_look *out, struct err *err);

/*
 * What can be told at once and cheaply to be missing (an engine, a tool, a file that is
 * not valid), so that no run is recorded for it.
 */
int env_open(struct env *e, const struct env_want *want, struct err *err);

/*
 * Make it, or find it made.  The run is recorded and signals are blocked: steps run
 * through env_step, waits look at env_interrupted.  -1: the run has failed, with *err as
 * the reason; ERR_INTERRUPTED: it is to be KILLED (err->sys is the signal).
 */
int env_make(struct env *e, struct err *err);

/*
 * Change *l (argv, cwd) and envp (the whole environment of the process that mlp starts)
 * so that the command runs inside.  `added` are the variables that mlp sets for the
 * command (childenv.h); they are in envp already.
 */
int env_wrap(struct env *e, const struct env_var *added, size_t nadded, struct launch *l,
    struct strvec *envp, struct err *err);

/*
 * The process that mlp started has ended: make *o say what became of the command (out of
 * memory, no such command), leave nothing behind.  *why may be set when it is not.
 */
void env_end(struct env *e, struct outcome *o, struct err *why);
void env_release(struct env *e);

/*
 * Something of a run may be left, says its state directory: a container of an mlp that was
 * killed, or one that could not be removed.  env_remove_left removes it; who calls it
 * holds the run's lock.  What is left where nobody can be asked stays noted.
 */
bool env_is_left(struct arena *a, const char *state_dir);
void env_remove_left(
    const struct ctx *ctx, struct arena *a, const char *state_dir, const char *run_id);

/* For the kinds: remember a tag, a line of a look. */
void env_tag(struct env *e, const char *key, const char *value);
void env_fact(struct arena *a, struct env_look *l, const char *name, const char *text);
/* A signal asks us to stop (it stays pending for who ends the run); its number, or 0. */
int env_interrupted(const struct ctx *ctx);

extern const struct env_ops docker_ops, venv_ops, conda_ops;

#endif
