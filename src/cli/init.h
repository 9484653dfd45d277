/* SPDX-License-Identifier: MIT */
/* init.h -- new projects: from a template, or from a script that is there. */
#ifndef INIT_H
#define INIT_H

#include "cli/cli.h"

struct template
{
	const char *name, *dir;
	const char *about; /* the first line of its manifest, a comment; "" when none */
};

/* Those of this installation, sorted by name.  They live in the arena. */
int templates_list(struct arena *a, struct template **out, size_t *n, struct err *err);

/*
 * Fill `dir` (absolute; made when missing) with the template.  Nothing is overwritten: a
 * directory that is not empty is ERR_EXISTS, naming what is in the way.  The files that
 * were written are listed in *written, one a line, each behind `shown`, a slash.
 */
int template_copy(struct arena *a, const struct template *t, const char *dir,
    const char *shown, struct buf *written, struct err *err);

/*
 * Write dir/MLproject from what `python3 script --help` says.  script and dir are
 * absolute.  Nothing is overwritten.  *out gets the text.
 */
int init_from_script(struct cli *cli, const char *script, const char *dir,
    struct buf *out, struct err *err);

#endif
