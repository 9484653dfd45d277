/* SPDX-License-Identifier: MIT */
#include "track/rows.h"
#include "track/search_runs.h"

int datasets_search(struct db *db, struct arena *a, const char *const *experiment_ids,
    size_t nexperiments, struct dataset_summary **out, size_t *n, struct err *err)
{
	struct search_query ids = {
	    .experiment_ids = experiment_ids, .nexperiments = nexperiments};
	auto_sql q = SQL_INIT(a);
	auto_stmt st = NULL;
	int rc;
	*out = NULL;
	*n = 0;
	sql_add(&q,
	    "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d"
	    " JOIN inputs i ON i.source_id = d.dataset_uuid AND i.source_type = 'DATASET'"
	    " LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid"
	    " AND t.name = 'mlflow.data.context' WHERE");
	if (search_experiments(&q, "d.experiment_id", &ids, err) < 0)
		return -1;
	sql_add(&q, " LIMIT %d", SEARCH_DATASETS_MAX);
	st = sql_query(db, &q, err);
	if (!st)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *out, *n);
		(*out)[(*n)++] =
		    (struct dataset_summary){column_int(st, 0, 0), column_text(a, st, 1),
			column_text(a, st, 2), column_text_or_null(a, st, 3)};
	}
	return rc;
}
