/* SPDX-License-Identifier: MIT */
/*
 * complete.h -- what could be typed next, for the shells.
 *
 * The scripts of `mlp completion` ask `mlp __complete SHELL ...` at each Tab.  Its
 * answer: one line that says what the lines below it are, then a candidate a line, a tab
 * and what it means behind it.  That first line is
 *
 *     words           each candidate is a whole word
 *     words nospace   ... that goes on, so that no space follows it
 *     files N         no candidates: file names, behind the first N characters of the word
 *     dirs N          likewise directories
 *
 * It never talks to the network, never writes, and says nothing when something fails.
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "cli/cli.h"

enum complete_shell { COMPLETE_BASH, COMPLETE_ZSH, COMPLETE_FISH };

/* The words before the cursor, understood as far as they go. */
struct complete {
	struct cli *cli;
	enum complete_shell shell;
	const char *word; /* the one to complete, without quotes; it ends at the cursor */
	size_t start;	  /* bytes of it that stand before the value: "--param-list=" */
	char quote;	  /* bash: the quote that is open in it, or 0 */
	size_t skip;	  /* bash: bytes of it that its word breaks cut off */

	const struct cmd *cmd;
	const struct opt *const *tables;
	const char *arg; /* the first argument: URI, RUN, DIR; or NULL */
	const char *entry_point, *tracking_uri;
	const char **given; /* names of the parameters that are there already */
	size_t ngiven;

	const char *how; /* out: "words", "files", "dirs" */
	bool nospace;	 /* out */
	size_t count;	 /* out */
	struct buf list; /* out */
};

/* A candidate for what stands behind word + start; `about` may be NULL. */
void complete_add(struct complete *c, const char *value, const char *about);
void complete_paths(struct complete *c, bool only_dirs);

/* complete_values.c */
void complete_option_value(struct complete *c, const struct opt *opt);
void complete_argument(struct complete *c);

/* The text that `mlp completion SHELL` prints, or NULL. */
const char *complete_script(const char *shell);

/* `mlp __complete`; argv: the words behind it. */
int complete_run(struct cli *cli, int argc, char *const *argv);

#endif
