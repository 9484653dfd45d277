/* SPDX-License-Identifier: MIT */
/*
 * model_source.h -- where a version of a registered model comes from.  What could reach
 * files that are none of the run's or the logged model's is refused, with MLflow's words.
 */
#ifndef MODEL_SOURCE_H
#define MODEL_SOURCE_H

#include "track/db.h"

struct model_source {
	const char
	    *source; /* a URI or a path; of models:/name/... the version's number */
	const char *run_id, *model_id; /* NULL: not given */
	const char *storage;	       /* where the files are */
};

/*
 * Inside a transaction.  `s` has what was asked for, and gets what is to be recorded.
 *
 *   /path, file:    within the artifacts of the run or the logged model
 *   runs:/RUN/path  run_id must be RUN
 *   models:/ID      model_id must be ID
 *   models:/NAME/V  V may be a number, a stage or "latest"; also models:/NAME@ALIAS
 *   mlflow-artifacts:, and the proxy's own http: URLs
 *                   within the artifact root of the run or the logged model
 *   others          as they are
 */
int model_source_resolve(
    struct db *db, struct arena *a, struct model_source *s, struct err *err);
/* Of a prompt's version: only MLflow's placeholders. */
int model_source_prompt(struct model_source *s, struct err *err);

#endif
