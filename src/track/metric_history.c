/* SPDX-License-Identifier: MIT */
#include "track/metric_history.h"

#include "track/page_token.h"
#include "track/rows.h"

#define COLUMNS "\"key\", value, timestamp, step, is_nan"

static void metric_from_row(struct arena *a, sqlite3_stmt *st, struct metric *out)
{
	*out = (struct metric){.key = column_text(a, st, 0),
	    .value = column_value(st, 1, 4),
	    .timestamp = column_int(st, 2, 0),
	    .step = column_int(st, 3, 0)};
}

/* What a page is sorted by, of its last row; all before the first one at the start. */
enum { PLACE_VALUES = 4 };
struct place {
	struct sql_value v[PLACE_VALUES]; /* timestamp, step, value, is_nan */
};

static void place_from_row(sqlite3_stmt *st, struct place *out)
{
	*out = (struct place){{{.kind = SQL_INT, .i = sqlite3_column_int64(st, 2)},
	    {.kind = SQL_INT, .i = sqlite3_column_int64(st, 3)},
	    {.kind = SQL_REAL, .d = sqlite3_column_double(st, 1)},
	    {.kind = SQL_INT, .i = sqlite3_column_int64(st, 4)}}};
}

/* Values of other kinds than ours would only sort elsewhere. */
static int place_from_token(struct arena *a, const char *token, uint64_t request,
    struct place *out, struct err *err)
{
	*out = (struct place){{{.kind = SQL_INT, .i = INT64_MIN}}};
	if (!token)
		return 0;
	return page_token_read(a, token, request, out->v, PLACE_VALUES, err);
}

static int read_page(struct db *db, struct arena *a, sqlite3_stmt *st, size_t max,
    struct metric **out, size_t *n, struct place *last, bool *more, struct err *err)
{
	int rc;
	*out = NULL;
	*n = 0;
	*more = false;
	while ((rc = stmt_step(db, st, err)) > 0) {
		if (max && *n == max) {
			*more = true;
			return 0;
		}
		ARENA_GROW(a, *out, *n);
		metric_from_row(a, st, &(*out)[(*n)++]);
		if (*n == max)
			place_from_row(st, last);
	}
	return rc;
}

int metric_history(struct db *db, struct arena *a, const char *run_id, const char *key,
    size_t max, const char *token, struct metric **out, size_t *n, const char **next,
    struct err *err)
{
	uint64_t request = page_sum_str(page_sum_str(PAGE_SUM, run_id), key);
	struct place from, last;
	auto_stmt st = NULL;
	bool more;
	*next = NULL;
	if (place_from_token(a, token, request, &from, err) < 0)
		return -1;
	st = db_query(db, err,
	    "SELECT " COLUMNS " FROM metrics WHERE run_uuid = ? AND \"key\" = ?"
	    " AND (timestamp, step, value, is_nan) > (?, ?, ?, ?)"
	    " ORDER BY timestamp, step, value, is_nan LIMIT ?",
	    "ssiidii", run_id, key, from.v[0].i, from.v[1].i, from.v[2].d, from.v[3].i,
	    max ? (int64_t)max + 1 : (int64_t)-1);
	if (!st || read_page(db, a, st, max, out, n, &last, &more, err) < 0)
		return -1;
	if (more)
		*next = page_token_make(a, request, last.v, PLACE_VALUES);
	return 0;
}

/* Read on into the list. */
static int add_rows(struct db *db, struct arena *a, sqlite3_stmt *st, const char *run_id,
    struct run_metric **out, size_t *n, struct err *err)
{
	int rc;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *out, *n);
		(*out)[*n].run_id = run_id;
		metric_from_row(a, st, &(*out)[(*n)++].metric);
	}
	return rc;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_ids(struct arena *a, const char *const *ids, size_t n)
{
	const char **out = arena_array(a, n, sizeof(*out));
	if (n) {
		memcpy(out, ids, n * sizeof(*out));
		qsort(out, n, sizeof(*out), compare_ids);
	}
	return out;
}

static int history_of_runs(struct db *db, struct arena *a, const char **ids, size_t nids,
    const char *key, size_t max, struct run_metric **out, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT " COLUMNS " FROM metrics WHERE run_uuid = ? AND \"key\" = ?"
	    " ORDER BY timestamp, step, value LIMIT ?",
	    "");
	for (size_t i = 0; st && i < nids && *n < max; i++) {
		if (i > 0 && strcmp(ids[i], ids[i - 1]) == 0)
			continue;
		if (stmt_bind(db, st, err, "ssi", ids[i], key, (int64_t)(max - *n)) < 0 ||
		    add_rows(db, a, st, ids[i], out, n, err) < 0)
			return -1;
	}
	return st ? 0 : -1;
}

int metric_history_of_runs(struct db *db, struct arena *a, const char *const *run_ids,
    size_t nruns, const char *key, size_t max, struct run_metric **out, size_t *n,
    struct err *err)
{
	*out = NULL;
	*n = 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db,
	    history_of_runs(
		db, a, sorted_ids(a, run_ids, nruns), nruns, key, max, out, n, err),
	    err);
}

/* `total` values in order, in `max` parts that differ by one at most: does one begin here? */
static bool begins_part(size_t place, size_t total, size_t max)
{
	size_t small = total / max, large = total % max;
	if (total <= max)
		return true;
	if (place < large * (small + 1))
		return place % (small + 1) == 0;
	return (place - large * (small + 1)) % small == 0;
}

#define OF_RUN " FROM metrics WHERE run_uuid = ? AND \"key\" = ? AND step BETWEEN ? AND ?"
struct sampler {
	sqlite3_stmt *count, *rows;
	const char *key;
	struct step_range range;
	size_t max;
};

/* The last value of all takes the place of the one before it. */
static int read_sample(struct db *db, struct arena *a, const struct sampler *s,
    const char *run_id, size_t total, struct run_metric **out, size_t *n, struct err *err)
{
	int rc;
	for (size_t place = 0; (rc = stmt_step(db, s->rows, err)) > 0; place++) {
		bool begins = begins_part(place, total, s->max);
		if (!begins && place + 1 < total)
			continue;
		if (begins)
			ARENA_GROW(a, *out, *n);
		else
			(*n)--;
		(*out)[*n].run_id = run_id;
		metric_from_row(a, s->rows, &(*out)[(*n)++].metric);
	}
	return rc;
}

static int sample_run(struct db *db, struct arena *a, const struct sampler *s,
    const char *run_id, struct run_metric **out, size_t *n, struct err *err)
{
	size_t total;
	if (stmt_bind(db, s->count, err, "ssii", run_id, s->key, s->range.first,
		s->range.last) < 0 ||
	    stmt_step(db, s->count, err) < 0)
		return -1;
	total = (size_t)column_int(s->count, 0, 0);
	if (stmt_bind(db, s->rows, err, "ssii", run_id, s->key, s->range.first,
		s->range.last) < 0)
		return -1;
	return read_sample(db, a, s, run_id, total, out, n, err);
}

static int sample_runs(struct db *db, struct arena *a, struct sampler *s,
    const char *const *run_ids, size_t nruns, struct run_metric **out, size_t *n,
    struct err *err)
{
	s->count = db_keep(db, err, "SELECT count(*)" OF_RUN, "");
	if (!s->count)
		return -1;
	s->rows = db_keep(db, err,
	    "SELECT " COLUMNS OF_RUN " ORDER BY step, timestamp, value, is_nan", "");
	for (size_t i = 0; s->rows && i < nruns; i++)
		if (sample_run(db, a, s, run_ids[i], out, n, err) < 0)
			return -1;
	return s->rows ? 0 : -1;
}

int metric_sample(struct db *db, struct arena *a, const char *const *run_ids,
    size_t nruns, const char *key, const struct step_range *range, size_t max,
    struct run_metric **out, size_t *n, struct err *err)
{
	static const struct step_range all = {INT64_MIN, INT64_MAX};
	struct sampler s = {.key = key, .range = range ? *range : all, .max = max};
	*out = NULL;
	*n = 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, sample_runs(db, a, &s, run_ids, nruns, out, n, err), err);
}
