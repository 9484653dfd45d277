/* SPDX-License-Identifier: MIT */
/*
 * input.h -- what went into runs and came out of them: datasets and logged models.
 * Repeating a call that has succeeded changes nothing.
 */
#ifndef INPUT_H
#define INPUT_H

#include "track/db.h"
#include "track/record.h"

/* Limits of MLflow's, in characters. */
enum {
	DATASET_NAME_MAX = 500,
	DATASET_DIGEST_MAX = 36,
	DATASET_SOURCE_MAX = 65535,
	DATASET_SCHEMA_MAX = 1048575,
	DATASET_PROFILE_MAX = 16777215,
	INPUT_TAG_KEY_MAX = 255,
	INPUT_TAG_VALUE_MAX = 500,
};

struct dataset {
	const char *name, *digest, *source_type, *source;
	const char *schema, *profile; /* NULL: none */
};
struct dataset_input {
	struct dataset dataset;
	struct kvs tags;
};
struct model_output {
	const char *model_id;
	int64_t step;
};
struct run_inputs {
	struct dataset_input *datasets; /* in the order in which they were logged */
	size_t ndatasets;
	const char **models; /* ids of logged models, sorted */
	size_t nmodels;
	struct model_output *outputs; /* sorted by id */
	size_t noutputs;
};

/*
 * Add datasets and models (not the outputs) to an active run.  A dataset that the run has
 * keeps its first tags; one that the experiment has keeps its first source.  Models are
 * passed over where the store is older than logged models.
 */
int run_inputs_add(
    struct db *db, const char *run_id, const struct run_inputs *in, struct err *err);
/* Whether the models exist is not asked, as MLflow.  ERR_UNSUPPORTED: an older store. */
int run_outputs_add(struct db *db, const char *run_id, const struct model_output *outputs,
    size_t n, struct err *err);

/* Inside a transaction: out[i] of runs[i], for n of them; with four statements. */
int runs_inputs_fill(struct db *db, struct arena *a, const struct run_record *runs,
    size_t n, struct run_inputs *out, struct err *err);

#endif
