/* SPDX-License-Identifier: MIT */
/*
 * diag.h -- mistakes in a file, collected so that all of them are told at once.
 */
#ifndef DIAG_H
#define DIAG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

struct mark {
	int line, column; /* from 1; 0, 0: not in the file.  Columns count characters */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	const char *file;    /* as the user knows it: "MLproject" */
	int line, column;    /* from 1; 0: the whole file.  Columns count characters */
	const char *message; /* one line */
	const char *hint;    /* the way out, or NULL */
	const char *source;  /* the text of that line, or NULL */
};

struct diags {
	struct arena *arena; /* where everything in it lives */
	struct diag *v;
	size_t n;
	size_t errors; /* how many of the n are errors */
};

/* Add one; hint may be NULL.  Everything is copied. */
struct diag *diag_add(struct diags *ds, enum diag_level level, const char *file, int line,
    int column, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void diag_set_hint(struct diags *ds, struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * "MLproject:12:7: error: message", then the source line with a caret below, then
 * "  hint: ...": each with a newline.  Control characters are made visible.
 */
void diag_print(struct buf *out, const struct diag *d, bool colour);

/* "MLproject:12:7: message (hint)", for one line among others. */
void diag_text(struct buf *out, const struct diag *d);

/* {ok, errors[{file,line,column,message,hint}], warnings[...]}; the caller deletes it. */
cJSON *diags_to_json(const struct diags *ds);

#endif
