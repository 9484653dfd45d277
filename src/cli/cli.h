/* SPDX-License-Identifier: MIT */
/* cli.h -- what every command is given: the context, the terminal, the table of commands.
 */
#ifndef CLI_H
#define CLI_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/json.h"
#include "cli/opt.h"
#include "manifest/diag.h"

/* Exit codes; `run` and `rerun` add the command's own, 124, 126, 127 and 128+n. */
enum {
	CLI_OK = 0,
	CLI_FAILED = 1, /* not found, or it did not work (other commands than run) */
	CLI_USAGE = 2,
	CLI_OURS = 125, /* run, rerun: something stopped mlp before the command */
};

struct cli {
	struct ctx ctx;
	struct arena arena; /* for the whole command */
	bool colour_out, colour_err;
	bool progress_shown; /* a progress line stands on stderr without newline */
	int64_t progress_at, progress_start; /* monotonic ms: last line, first line */
	char steps
	    [256]; /* where there is no live line: the finished steps, not yet told */
	enum say_level least; /* what is said: --quiet, --verbose */
};

struct cmd {
	const char *name;
	const char *args;		    /* "[OPTIONS] URI" */
	const char *summary;		    /* one line */
	const char *text;		    /* more for its --help, or NULL */
	const struct opt *opts[OPT_TABLES]; /* NULL-terminated; common_opts is added */
	/* argv: the words after the command's name.  Returns the exit code. */
	int (*run)(struct cli *cli, int argc, char *const *argv);
};

extern const struct cmd cmd_run, cmd_rerun, cmd_check, cmd_info, cmd_runs, cmd_show,
    cmd_ps, cmd_logs, cmd_wait, cmd_stop, cmd_attach, cmd_queue, cmd_batch, cmd_sweep,
    cmd_server, cmd_env, cmd_gc, cmd_init, cmd_completion, cmd_version, cmd_help;
extern const struct cmd *const commands[]; /* NULL-terminated, in the order of help */

/* --help, --quiet, --verbose: of every command. */
extern const struct opt common_opts[];
enum { OPT_HELP = 1000, OPT_QUIET, OPT_VERBOSE };

/*
 * Step through a command's options.  Common ones are handled here.
 * 1: it->opt or it->value is one for the command; 0: the end; -1: *code is the exit code
 * (--help was printed, or the usage error was).
 */
struct cli_args {
	struct opt_iter it;
	const struct cmd *cmd;
	const struct opt *tables[OPT_TABLES + 1];
	bool help_wanted; /* set instead of printing where `own_help` is */
	bool own_help;
};
void cli_args_start(
    struct cli_args *args, const struct cmd *cmd, int argc, char *const *argv);
int cli_args_next(struct cli *cli, struct cli_args *args, int *code);

/* Exactly one argument is wanted: take *slot or say what is wrong.  0 or -1 with *code.
 */
int cli_take_arg(const struct cmd *cmd, const char **slot, const char *value, int *code);
/* "mlp: missing argument URI" and the usage line; returns CLI_USAGE. */
int cli_usage(const struct cmd *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

int cmd_print_help(const struct cmd *cmd);

/* setup.c: fill in the context from the environment.  release: close what it opened. */
void cli_setup(struct cli *cli);
void cli_release(struct cli *cli);

/* The signal that asked us to stop, which is thereby answered; 0: none. */
int cli_take_interrupt(void);
/* All those signals are heard from now on, also where they were ignored. */
void cli_hear_signals(void);

/* out.c -- words for people */
/* "mlp: what: why" and "  hint: ..." on stderr. */
void cli_error(struct cli *cli, const struct err *err);
/* The same for a failure that is no error of ours: a run that did not finish. */
void cli_failed(struct cli *cli, const char *text);
void cli_diags(struct cli *cli, const struct diags *ds);
/* The end of a progress line, so that other text can follow; in a log, the line itself. */
void cli_progress_end(struct cli *cli);
void cli_say(void *arg, enum say_level level, const char *text);
void cli_progress(void *arg, const struct progress *p);
/* Write to stdout or stderr; a closed pipe is no failure.  Returns the exit code. */
int cli_write(int fd, const char *text, size_t n);
int cli_print(const char *text, size_t n);
int cli_print_json(const cJSON *j);

#endif
