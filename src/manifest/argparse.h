/* SPDX-License-Identifier: MIT */
/*
 * argparse.h -- what a Python script takes, as the --help of its argparse says, and the
 * draft of a manifest from that.  Pure: text in, text out.
 */
#ifndef ARGPARSE_H
#define ARGPARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct script_arg {
	const char *name;	  /* "lr": fit for a parameter, distinct */
	const char *flag;	  /* "--lr", "-n"; NULL: given by position */
	const char *shown;	  /* as the usage has it: "-l", "data", "{a,b}" */
	const char *metavar;	  /* "LR", "{adam,sgd}"; NULL: takes no value */
	const char *default_text; /* as the help has it; NULL: not told, or None */
	const char *help;	  /* one line, without the default; "" when none */
	bool required;
	bool several; /* takes more than one value */
	bool pair;    /* --name and --no-name */
};

struct script_help {
	struct script_arg *args; /* in the order of the help; -h and --version left out */
	size_t n;
};

/*
 * ERR_FAIL when it is not argparse's (ERR_USAGE: it is, but with subcommands, which one
 * entry point cannot express).  `script` names it in errors.
 */
int argparse_read(struct arena *a, const char *script, const char *text,
    struct script_help *out, struct err *err);

/*
 * A manifest called `name` with one entry point that runs `script` (a path relative to
 * the project).  Every argument is in it, as a parameter or as a comment.
 */
void argparse_draft(struct buf *out, const char *name, const char *script,
    const struct script_help *help);

/* A YAML scalar that is this text: as it is, or in double quotes. */
void yaml_put_text(struct buf *out, const char *text);

#endif
