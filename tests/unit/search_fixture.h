/* SPDX-License-Identifier: MIT */
/* search_fixture.h -- runs to be searched. */
#ifndef SEARCH_FIXTURE_H
#define SEARCH_FIXTURE_H

#include "models_fixture.h"

/* Three runs of experiment 0, whose names are a, b, c; later ones are newer. */
static inline void three_runs(struct models *m)
{
	alter_store(m,
	    "INSERT INTO runs (run_uuid, name, user_id, status, start_time, end_time,"
	    " lifecycle_stage, artifact_uri, experiment_id) VALUES"
	    " ('a', 'A', 'ann', 'FINISHED', 1, 10, 'active', '/x', 0),"
	    " ('b', 'B', 'Bob', 'FAILED', 2, NULL, 'active', '/y', 0),"
	    " ('c', NULL, NULL, 'RUNNING', NULL, NULL, 'active', '/y', 0),"
	    " ('d', 'D', 'ann', 'KILLED', 4, NULL, 'deleted', '/y', 0);"
	    "INSERT INTO tags VALUES ('mlflow.runName', 'A', 'a'), ('t', 'x*y', 'a'),"
	    " ('t', 'xxy', 'b'), ('a b', '', 'b');"
	    "INSERT INTO params VALUES ('lr', '0.1', 'a'), ('lr', '10', 'b'),"
	    " ('lr', 'É', 'c');"
	    "INSERT INTO latest_metrics VALUES ('loss', 0.5, 1, 0, 0, 'a'),"
	    " ('loss', 0, 1, 0, 1, 'b'), ('x.y', -1, 1, 0, 0, 'c');"
	    "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest,"
	    " dataset_source_type, dataset_source) VALUES"
	    " ('1', 0, 'wine', 'D', 'local', 'x'), ('2', 0, 'beer', 'D', 'local', 'x');"
	    "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type,"
	    " destination_id) VALUES ('i', 'DATASET', '1', 'RUN', 'a'),"
	    " ('j', 'DATASET', '2', 'RUN', 'a'), ('k', 'DATASET', '2', 'RUN', 'b');"
	    "INSERT INTO input_tags VALUES ('i', 'mlflow.data.context', 'train');");
}

#endif
