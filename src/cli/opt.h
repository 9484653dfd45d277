/* SPDX-License-Identifier: MIT */
/*
 * opt.h -- one table of options per command yields parsing, --help and "did you mean".
 *
 * Forms as click (and so `mlflow run`) has them: -P a=1, -Pa=1, --param-list a=1,
 * --param-list=a=1; options and arguments in any order; -- ends the options; no
 * abbreviations; a value may begin with a dash.
 */
#ifndef OPT_H
#define OPT_H

#include "base/buf.h"
#include "base/err.h"

struct opt {
	int id;		     /* what the command switches on; 0 ends a table */
	char letter;	     /* -e, or 0 */
	const char *name;    /* "entry-point" */
	const char *alias;   /* another long name, or NULL */
	const char *metavar; /* "NAME"; NULL: a flag */
	const char *env;     /* the variable that sets it too, for the help; or NULL */
	const char *help;    /* one line, or lines with \n */
};

enum { OPT_TABLES = 4 };

struct opt_iter {
	const struct opt *const *tables; /* NULL-terminated */
	int argc, at;
	char *const *argv;
	const char *rest;      /* further letters of "-abc" */
	bool only_args;	       /* after -- */
	const struct opt *opt; /* out: NULL for an argument */
	const char *value;     /* out: the option's value, or the argument */
};

/* argv[0] is the first word after the command. */
void opt_start(
    struct opt_iter *it, const struct opt *const *tables, int argc, char *const *argv);
/* true: one more in it->opt and it->value.  false: the end, or err->code is set (USAGE).
 */
bool opt_next(struct opt_iter *it, struct err *err);

/* The lines of one table for --help. */
void opt_help(struct buf *out, const struct opt *table);

#endif
