/* SPDX-License-Identifier: MIT */
/*
 * mlp.h -- libmlp: run MLflow projects, and read what is recorded of runs.
 *
 *	struct mlp *m;
 *	struct mlp_record *run;
 *	struct mlp_error e = MLP_ERROR_INIT;
 *	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
 *	o.uri = "https://host/team/wine.git#train";
 *	if (mlp_open(NULL, &m, &e) < 0 || mlp_run(m, &o, &run, &e) < 0)
 *		fprintf(stderr, "%s\n", e.message);
 *
 * mlp_run waits for the end of the run; mlp_run_start does not, so that a program may have
 * hundreds of them at once.
 *
 * What a manifest, a URI, a parameter or a tag may be is told in mlproject(5) and mlp(1):
 * the library has the same rules as the program, because it runs the same code.
 *
 * Options.  A struct of options begins with its size, which its MLP_..._INIT sets; the
 * zero value of every other member is its default, and NULL instead of the struct is all
 * defaults.  So a program goes on working with a newer library; and an older library
 * refuses (MLP_ERR_USAGE) only an option that it does not know and that is really set.
 *
 * Results.  Functions return 0, or -1 and say why in *error (which may be NULL); two can
 * also return 1.  What a function gives through a pointer is the caller's to free with the
 * function named there, and stays valid after mlp_close; what it points to is part of it.
 * The library makes these structs, and new members come only at their end: never copy one,
 * nor make one.
 *
 * Text is UTF-8.  Times are milliseconds since 1970-01-01 UTC, -1 where there is none.
 *
 * Threads.  Any thread may call any function; a context that is in use by another call is
 * MLP_ERR_BUSY, so that threads that call at the same time have a context each.  Runs that
 * were started (mlp_run_start) do not occupy their context, and one context serves any
 * number of them.  mlp_interrupt alone may be called at any time, also from a signal
 * handler.  The environment is read by calls; the program must not change it meanwhile.
 * In a child made by fork(), use neither contexts nor handles of the parent.
 *
 * The host program is left alone: nothing is printed, no signal is handled or blocked, no
 * directory changed, no descriptor left open but one or two per context and up to three
 * per handle (all close on exec); a host that closes these loses the handle (MLP_ERR_FAIL),
 * though not the run.  A run is supervised by a program of its own,
 * libexec/mlp/mlp-supervise, which is a child process: a host that waits for any child
 * (waitpid(-1)), handles SIGCHLD or ignores it may see that one end; nothing depends on
 * who reaps it.  A host that does not ask for its runs does not hold them up: messages
 * that it does not fetch are left out when they become many.  There is one thing that
 * belongs to the whole process: mlp_set_oom_handler.
 *
 * The tracking database is opened for the duration of a call only.  While a call is in
 * progress the host must not open and close that file other than through the same SQLite
 * library (SQLite, "How To Corrupt").
 */
#ifndef MLP_H
#define MLP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The library's version, "0.1.0". */
const char *mlp_version(void);

/* ---- errors ---- */

/* Chosen by what a caller does differently. */
enum mlp_code {
	MLP_OK = 0,
	MLP_ERR_FAIL = 1,	 /* anything else: the system, a limit, a broken file */
	MLP_ERR_USAGE = 2,	 /* the caller asked for something impossible */
	MLP_ERR_NOTFOUND = 3,	 /* the named thing does not exist, or may be several */
	MLP_ERR_EXISTS = 4,	 /* it exists already */
	MLP_ERR_BUSY = 5,	 /* somebody else holds it; later may work */
	MLP_ERR_CONFLICT = 6,	 /* it contradicts what is recorded */
	MLP_ERR_INTERRUPTED = 7, /* mlp_interrupt, or a signal to mlp-supervise */
};

/* Made by the caller; untouched on success. */
struct mlp_error {
	size_t struct_size;
	int code;	    /* enum mlp_code; newer libraries may have more */
	int errnum;	    /* errno where one was the cause, else 0 */
	char message[3072]; /* one line, names the thing and the cause */
	char hint[1024];    /* what to do next, or "" */
};
#define MLP_ERROR_INIT                                                                   \
	{                                                                                \
		.struct_size = sizeof(struct mlp_error)                                  \
	}

/* ---- contexts ---- */

struct mlp;

enum mlp_level {
	MLP_DEBUG = 0,
	MLP_INFO = 1,
	MLP_WARNING = 2,
	MLP_MISTAKE = 3, /* in a manifest: "MLproject:12:7: ..."; the call will fail */
};

/* How far a long step is, such as fetching. */
struct mlp_progress {
	const char *what;    /* "receiving objects" */
	int64_t done, total; /* in objects or files; total 0: not known */
	int64_t bytes;	     /* so far; 0 where it makes no sense */
	int finished;
};

struct mlp_options {
	size_t struct_size;
	/*
	 * Where runs are recorded: "sqlite:///FILE".  NULL: the environment variable
	 * MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.
	 */
	const char *tracking_uri;
	/* What relative paths are relative to.  NULL: the current directory. */
	const char *directory;
	/* NULL: mlp in $XDG_CACHE_HOME (~/.cache), $XDG_STATE_HOME (~/.local/state). */
	const char *cache_dir, *state_dir;
	/* Where mlp-supervise is.  NULL: as mlp_run tells. */
	const char *libexec_dir;
	/*
	 * Called, with `arg`, in the thread that called the library (so with handles in
	 * several threads at once); must return (no longjmp, no exception), and may call
	 * nothing on the same context or handle but mlp_interrupt, mlp_run_id and
	 * mlp_run_stop.  The text is one line, borrowed.
	 */
	void (*message)(void *arg, int level, const char *text);
	void (*progress)(void *arg, const struct mlp_progress *p);
	void *arg;
};
#define MLP_OPTIONS_INIT                                                                 \
	{                                                                                \
		.struct_size = sizeof(struct mlp_options)                                \
	}

/*
 * A context.  Options are copied; nothing is opened or made on disk.  MLP_ERR_USAGE: a
 * tracking URI that cannot be recorded to.  Freed by mlp_close (which takes NULL).
 */
int mlp_open(
    const struct mlp_options *options, struct mlp **out, struct mlp_error *error);
void mlp_close(struct mlp *m);

/*
 * End the call that uses this context, else the next one: it returns soon with
 * MLP_ERR_INTERRUPTED, or, where a run is under way, once its command has been stopped
 * (TERM, 5 s, KILL) and the run is recorded KILLED.  Async-signal-safe, and the one
 * function for another thread.
 */
void mlp_interrupt(struct mlp *m);

/* ---- runs as they are recorded ---- */

/* Numbers as in MLflow's protocol. */
enum mlp_status {
	MLP_RUNNING = 1,
	MLP_SCHEDULED = 2,
	MLP_FINISHED = 3,
	MLP_FAILED = 4,
	MLP_KILLED = 5,
};
/* "RUNNING", ...; "?" for a number that is none of them. */
const char *mlp_status_word(int status);

enum mlp_exit {
	MLP_EXIT_NONE = 0,	/* none yet, or not a run of mlp's */
	MLP_EXIT_EXITED = 1,	/* exit_code */
	MLP_EXIT_SIGNALLED = 2, /* exit_signal */
	MLP_EXIT_TIMEOUT = 3,	/* stopped by its time limit */
	MLP_EXIT_OOM = 4,	/* out of memory */
	MLP_EXIT_NEVER = 5,	/* never started; exit_code is 126 or 127 as in a shell */
	MLP_EXIT_UNKNOWN = 6,	/* nobody was there to see it */
};

/* "exited", ...; "" for MLP_EXIT_NONE. */
const char *mlp_exit_word(int exit_kind);

/* These two do not grow. */
struct mlp_pair {
	const char *key, *value;
};
struct mlp_metric {
	const char *key;
	double value; /* may be NaN or infinite */
	int64_t timestamp, step;
};

/* A run.  Strings that are not known are NULL. */
struct mlp_record {
	const char *run_id, *run_name, *user;
	const char *experiment_id, *experiment_name;
	const char *artifact_uri;
	const char *log_dir; /* where stdout.log and stderr.log are, if on this machine */
	int status;	     /* enum mlp_status */
	int exit_kind;	     /* enum mlp_exit */
	int exit_code, exit_signal; /* 0 where exit_kind does not speak of them */
	const char *reason;	    /* of the end, in words; NULL: none is needed */
	int64_t start_time, end_time;
	const struct mlp_pair *params, *tags; /* sorted by key */
	size_t nparams, ntags;
	const struct mlp_metric *metrics; /* the latest of each key, sorted by key */
	size_t nmetrics;
	const char *stderr_tail; /* from mlp_run: the last lines on stderr, up to 2 KiB */
};
void mlp_record_free(struct mlp_record *run);

/* The value for a key, or NULL. */
const char *mlp_record_param(const struct mlp_record *run, const char *name);
const char *mlp_record_tag(const struct mlp_record *run, const char *key);
const struct mlp_metric *mlp_record_metric(const struct mlp_record *run, const char *key);

/*
 * The one run that `text` means: its id, the beginning of its id (4 characters or more),
 * or its name.  MLP_ERR_NOTFOUND: none, several, or no database.
 *
 * This and mlp_runs first write down the end of runs of this machine that were left
 * RUNNING by a supervisor that was killed (MLP_WARNING tells of each); where the database
 * can only be read they are shown as they stand there.
 */
int mlp_run_get(
    struct mlp *m, const char *text, struct mlp_record **out, struct mlp_error *error);

struct mlp_query {
	size_t struct_size;
	const char *experiment; /* name or id; NULL: all that are not deleted */
	int status;		/* enum mlp_status; 0: any */
	size_t limit;		/* at most so many; 0: all */
};
#define MLP_QUERY_INIT                                                                   \
	{                                                                                \
		.struct_size = sizeof(struct mlp_query)                                  \
	}

struct mlp_records {
	size_t n;
	const struct mlp_record *const *v;
};
void mlp_records_free(struct mlp_records *runs);

/* Runs that are not deleted, the newest first.  `query` may be NULL. */
int mlp_runs(struct mlp *m, const struct mlp_query *query, struct mlp_records **out,
    struct mlp_error *error);

/* ---- running ---- */

enum mlp_output {
	MLP_OUTPUT_KEEP = 0, /* the command's output goes to its log files only */
	MLP_OUTPUT_PASS = 1, /* and to the host's standard output and standard error */
};

struct mlp_run_options {
	size_t struct_size;
	const char *uri; /* a directory or URL, with #subdir; needed, or rerun_of is */
	const char *version;
	const char *entry_point; /* NULL: main */
	const struct mlp_pair *params;
	size_t nparams;
	/* At most one; both NULL: MLFLOW_EXPERIMENT_NAME or _ID, else Default. */
	const char *experiment_name, *experiment_id;
	const char *run_name; /* NULL: one is made up */
	const char *run_id;   /* record into this run, which exists */
	const struct mlp_pair *tags;
	size_t ntags;
	const char *env_manager; /* as --env-manager */
	const char *storage_dir; /* as --storage-dir */
	int offline;		 /* as --offline: ask nobody over the network */
	int direct;		 /* as --tracking direct */
	int64_t timeout_ms;	 /* 0: what the manifest says */
	int output;		 /* enum mlp_output */
	/*
	 * Told once the run is recorded, in the thread that called; the record is
	 * borrowed, and says RUNNING.  The command starts meanwhile.  With retries, for
	 * each attempt.
	 */
	void (*started)(void *arg, const struct mlp_record *run);
	/*
	 * Run this run (as for mlp_run_get) again: its project at its commit, its entry
	 * point, parameters and experiment, where the members above name no others.  Then
	 * uri and version must be NULL.  What the record cannot bring back is told as
	 * MLP_WARNING.
	 */
	const char *rerun_of;
	/* As --docker-args, without dashes: {"gpus", "all"}; value NULL: {"t", NULL}. */
	const struct mlp_pair *docker_args;
	size_t ndocker_args;
	int build_image;      /* as --build-image */
	int64_t memory_bytes; /* as --memory; 0: what the manifest says */
	double cpus;	      /* as --cpus; 0: what the manifest says */
	int64_t log_limit;    /* as --log-limit, in bytes of each stream; 0: none */
	/*
	 * As --retries (0: what the manifest says, negative: none), --retry-delay,
	 * --retry-on.  Each attempt is a run of its own, and the last one is what counts.
	 */
	int retries;
	int64_t retry_delay_ms;
	const char *retry_on;
	const char *on_end; /* as --on-end */
	/* For mlp_run_start. */
	int detach;  /* the run outlives the host; with MLP_OUTPUT_KEEP only */
	int at_once; /* do not wait until it is recorded */
	void *arg;   /* for the callbacks of this run; NULL: the context's */
};
#define MLP_RUN_OPTIONS_INIT                                                             \
	{                                                                                \
		.struct_size = sizeof(struct mlp_run_options)                            \
	}

/*
 * Run a project and wait for its end: mlp_run_start and mlp_run_wait in one.  0: a run was
 * recorded and has ended, in whatever way: *out (which may be NULL) says how;
 * mlp_record_free.  -1: nothing was recorded, or (the message says so) the end is not
 * known.
 *
 * The command's standard input is empty; its environment is the host's, with what mlp(1)
 * lists.  mlp-supervise stays in the host's process group, so that Ctrl-C on a terminal
 * stops the run, too, and HUP, INT and QUIT are ignored where the host ignores them.
 * Should the host end meanwhile, the command is stopped and the run is recorded KILLED;
 * should mlp-supervise be killed, the run is recorded FAILED.  This is no cancellation
 * point (pthreads).
 *
 * mlp-supervise is looked for in MLP_LIBEXEC (not by programs with borrowed rights), then
 * beside the library (../libexec/mlp and ../../libexec/mlp from where libmlp.so is, or,
 * linked statically, from where the program is), then in the prefix that the library was
 * built for.  It must be of the same version.
 */
int mlp_run(struct mlp *m, const struct mlp_run_options *options, struct mlp_record **out,
    struct mlp_error *error);

/* ---- running, several at once ---- */

/*
 * A run that was started and that nobody has to wait for.  A handle belongs to no thread
 * and to no context: it stays valid after mlp_close.  Calls on different handles do not
 * disturb each other, in whatever threads; on one handle, one thread at a time may wait
 * or poll (else MLP_ERR_BUSY), while others may ask for its id or stop it.  Until it is
 * released it has two descriptors, three where mlp_run_fd was called.  Its callbacks are
 * called by mlp_run_start, _wait and _poll, in the thread that calls these.
 */
struct mlp_handle;

/*
 * Start a project.  0: the run is recorded; the end of it, whatever that is, is a matter
 * of the handle, for mlp_run_release.  -1: as for mlp_run, and nothing was recorded.
 * Fetching the project, and checking all that is asked, is done by then; with at_once
 * nothing is: the call only starts mlp-supervise (some milliseconds), and mlp_run_poll or
 * mlp_run_wait return -1 where nothing comes of it.
 *
 * As with mlp_run the run is stopped, and recorded KILLED, when the host ends (not when
 * the thread that started it does).  With detach it is not: its mlp-supervise is no child
 * of the host's and has a session of its own, as with `mlp run -d`; the host may release
 * it and end, and `mlp wait`, `mlp stop` and mlp_run_get know the run.  Should
 * mlp-supervise be killed, the run is recorded FAILED.
 */
int mlp_run_start(struct mlp *m, const struct mlp_run_options *options,
    struct mlp_handle **out, struct mlp_error *error);

/*
 * The run's id, 32 characters, valid as long as the handle.  NULL: options.run_id and
 * at_once, and it is not known yet.  With retries it is that of the first attempt.
 */
const char *mlp_run_id(const struct mlp_handle *h);

/*
 * Wait for the end, at most so many milliseconds; negative: for ever.  0: it has ended,
 * *out (`out` may be NULL) says how, for mlp_record_free.  1: not yet, *out is NULL.  -1:
 * nothing was recorded (at_once), or (the message says so) the end is not known.  After
 * the end it may be called as often as one likes.  Of several attempts it is the last
 * that counts.  A signal does not end the wait, nor does mlp_interrupt.
 */
int mlp_run_wait(struct mlp_handle *h, int64_t timeout_ms, struct mlp_record **out,
    struct mlp_error *error);

/* The same without waiting: it takes what has come, and calls the callbacks. */
int mlp_run_poll(struct mlp_handle *h, struct mlp_record **out, struct mlp_error *error);

/*
 * A descriptor for poll(), select() and the like, of the handle, to be closed by nobody
 * else.  It is readable (POLLIN) when something has happened, until mlp_run_poll has taken
 * it, and for ever after the end.  -1: there are no descriptors left.
 */
int mlp_run_fd(struct mlp_handle *h, struct mlp_error *error);

/*
 * Ask it to stop, and return at once; any thread may.  The command gets TERM, and after
 * grace_ms KILL (negative: 5 s; at most a day; a second call may shorten it).  The run
 * ends KILLED.  0 also where it has ended already.  One that is not recorded yet
 * (at_once) never is: MLP_ERR_INTERRUPTED.
 */
int mlp_run_stop(struct mlp_handle *h, int64_t grace_ms, struct mlp_error *error);

/*
 * Free the handle (NULL: nothing).  A run that lives goes on: until the host ends, or with
 * detach until its own end.  Without detach its mlp-supervise stays a child of the host,
 * for the host to reap.
 */
void mlp_run_release(struct mlp_handle *h);

/* ---- the whole process ---- */

/*
 * Where memory runs out the library calls the handler with the number of bytes that were
 * wanted, then abort().  NULL: only abort().  The handler must not allocate.
 */
void mlp_set_oom_handler(void (*handler)(size_t wanted));

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
