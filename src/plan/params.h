/* SPDX-License-Identifier: MIT */
/* params.h -- the values that a run gets: what the user gave, else the defaults. */
#ifndef PARAMS_H
#define PARAMS_H

#include "base/arena.h"
#include "base/err.h"
#include "manifest/manifest.h"

enum param_origin {
	ORIGIN_DEFAULT, /* the manifest's */
	ORIGIN_FILE,	/* --params FILE */
	ORIGIN_GIVEN,	/* -P */
	ORIGIN_RECORD,	/* the run that is run again */
};
/* "default", "file", "given", "record". */
const char *param_origin_word(enum param_origin origin);

/* A value from outside, before the manifest is known. */
struct param_input {
	const char *name, *value;
	enum param_origin origin;
	const char *sha256; /* of the file that a path parameter names, or NULL */
	/*
	 * A path that lay in the project of the run that is run again: its place there,
	 * relative to the project directory, and where it was.  NULL: none such.
	 */
	const char *place, *was;
};

struct param {
	const char *name;
	const char *value; /* recorded: as given, or the default's text; a URI that is
			    * downloaded: without what is secret in it */
	const char
	    *used; /* what the command gets, before quoting (a path made absolute) */
	enum param_origin origin;
	enum param_kind kind;
	const char *source; /* the URI that is downloaded, whole; NULL: none is */
	const char *sha256; /* what that must have; once it is here: has.  Or NULL */
	const struct param_decl *decl;	 /* NULL: an extra, appended as --name value */
	const struct param_input *again; /* has a place; or NULL */
};

struct params {
	struct param *v; /* declared ones in the manifest's order, then extras */
	size_t n;
};

/*
 * Bind inputs to declarations.  A later input of one name wins; callers check repeated
 * -P. Errors (ERR_USAGE): missing parameters (all of them, as MLflow words it), a name
 * the record cannot hold, a value that does not fit its type.  A default that does not
 * fit is a diagnostic of level warning.
 */
int params_bind(struct arena *a, const struct manifest *m, const struct entry_point *ep,
    const struct param_input *in, size_t nin, struct params *out, struct diags *ds,
    struct err *err);

/*
 * Set `used` of the path parameters: absolute, relative to cwd (a default that is not
 * there: to project_dir; where that is NULL it is left as it is).  What has a place in the
 * project is looked for there first, then where it was.  Of http, https and
 * file://localhost URIs `source` is set, and `used` is PARAM_LATER.  What does not exist,
 * or is of another scheme, is ERR_USAGE.
 */
int params_find_paths(struct arena *a, const char *cwd, const char *project_dir,
    struct params *ps, struct err *err);
#define PARAM_LATER "(downloaded when it runs)"

/* Bring p->source here: set `used` to the local path, and sha256. */
typedef int param_bring(void *arg, struct arena *a, struct param *p, struct err *err);

#endif
