/* SPDX-License-Identifier: MIT */
/* Filters, orders and pages of runs. */
#include "search_fixture.h"

#include "track/page_token.h"
#include "track/search_runs.h"

static struct search_query query(const char *filter, const char *const *order, size_t n)
{
	static const char *const experiments[] = {"0"};
	return (struct search_query){.experiment_ids = experiments,
	    .nexperiments = 1,
	    .view = VIEW_ACTIVE,
	    .filter = filter,
	    .order_by = order,
	    .norder = n,
	    .max_results = 100};
}

/* The ids found, one letter each; or the refusal. */
static const char *found(struct models *m, const struct search_query *q)
{
	struct runs_found found;
	auto_buf out = BUF_INIT;
	err_clear(&m->f->err);
	if (runs_search(&m->db, &m->f->a, q, &found, &m->f->err) < 0) {
		assert_int_equal(m->f->err.code, ERR_USAGE);
		return m->f->err.msg;
	}
	for (size_t i = 0; i < found.n; i++)
		buf_adds(&out, found.runs[i].run_id);
	return arena_strdup(&m->f->a, out.s);
}

struct sample {
	const char *filter, *expected;
};

static void try_filters(struct models *m, const struct sample *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct search_query q = query(v[i].filter, NULL, 0);
		const char *got = found(m, &q);
		if (strcmp(got, v[i].expected) != 0)
			print_error("%s\n", v[i].filter);
		assert_string_equal(got, v[i].expected);
	}
}
#define TRY(m, samples)                                                                  \
	try_filters((m), (samples), sizeof(samples) / sizeof((samples)[0]))

static void filters_find(void **state)
{
	static const struct sample samples[] = {
	    {NULL, "bac"},
	    {"", "bac"},
	    {"metrics.loss > 0", "a"},
	    {"metrics.loss = 0", ""}, /* NaN is stored as 0 */
	    {"metrics.loss != 0.5", "b"},
	    {"metric.x.y<0", "c"},
	    {"params.lr = '0.1'", "a"},
	    {"params.lr != \"0.1\"", "bc"},
	    {"parameter.`lr` LIKE '%1%'", "ba"},
	    {"params.lr ILIKE 'é'", ""},
	    {"params.lr IS NOT NULL AND tags.t is null", "c"},
	    {"tags.t LIKE 'x*y'", "a"},
	    {"tags.t LIKE 'x_y'", "ba"},
	    {"tags.t LIKE 'X_Y'", ""},
	    {"tags.t ilike 'X_Y'", "ba"},
	    {"tags.`a b` = ''", "b"},
	    {"tag.\"a b\" = ''", "b"},
	    {"tags.'a b' = ''", "b"},
	    {"run_name = 'A'", "a"},
	    {"attributes.`Run Name` != 'B'", "a"},
	    {"run_id IN ('a', \"c\")", "ac"},
	    {"run_id NOT IN ('a')", "bc"},
	    {"run_id IN ('\\x61',)", "a"},
	    {"status = 'FINISHED' and user_id != 'x'", "a"},
	    {"start_time >= 2", "b"},
	    {"created < 1.5", "a"},
	    {"end_time > -99999999999999999999", "a"},
	    {"dataset.name = 'beer'", "ba"},
	    {"dataset.name = 'beer' AND dataset.context = 'train'", "a"},
	    {"datasets.digest in ('D') AND dataset.name != 'beer'", "a"},
	    {"params.lr = '0.1' AND", "a"},
	};
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	TRY(&m, samples);
}

static void filters_are_refused(void **state)
{
	static const struct sample samples[] = {
	    {" ", "Invalid filter ' '. Could not be parsed."},
	    {"a = 'x' OR b = 'y'", "Invalid clause(s) in filter string: 'OR'"},
	    {"params.a = 'x';", "Invalid clause(s) in filter string: ';'"},
	    {"params.a = 'x', params.b = 'y'",
		"Invalid clause(s) in filter string: 'params.a = 'x', params.b = 'y''"},
	    {"metrics.a BETWEEN 1 AND 2",
		"Invalid clause(s) in filter string: 'metrics.a', 'BETWEEN', '1', '2'"},
	    {"params.a = 'x",
		"Invalid clause(s) in filter string: 'params.a', '=', ''', 'x'"},
	    {"params.a = 'x'; params.b = 'y'",
		"Search filter contained multiple expression \"params.a = 'x'; params.b ="
		" 'y'\". Provide AND-ed expression list."},
	    {"foo.x = 'a'", "Invalid entity type 'foo'. Valid values are ['metric',"
			    " 'parameter', 'tag', 'attribute', 'dataset']"},
	    {"foo = 'a'",
		"Invalid attribute key 'foo' specified. Valid keys are '{'artifact_uri',"
		" 'end_time', 'run_id', 'run_name', 'start_time', 'status', 'user_id',"
		" 'created', 'Created', 'run name', 'Run name', 'Run Name'}'"},
	    {"dataset.foo = 'a'", "Invalid dataset key 'foo' specified. Valid keys are"
				  " '{'name', 'digest', 'context'}'"},
	    {"metrics.a >> 1",
		"Invalid comparator '>>' not one of '{'>', '>=', '!=', '=',"
		" '<', '<='}"},
	    {"params.a > 'x'", "Invalid comparator '>' not one of '{'!=', '=', 'LIKE',"
			       " 'ILIKE', 'IS NULL', 'IS NOT NULL'}'"},
	    {"metrics.a > '0.5'", "Expected numeric value type for metric. Found '0.5'"},
	    {"params.a = 0.1", "Expected a quoted string value for parameter (e.g."
			       " 'my-value'). Got value 0.1"},
	    {"start_time > 'x'", "Expected numeric value type for numeric attribute:"
				 " start_time. Found 'x'"},
	    {"status IN ('x')",
		"Only ['run_id'] attributes support comparison with a list"
		" of quoted string values."},
	    {"run_id IN ()",
		"While parsing a list in the query, expected a non-empty list"
		" of string values, but got empty list"},
	    {"metrics.a IS NULL", "IS NULL / IS NOT NULL is only supported for tags and"
				  " params, not for 'metric' 'a'"},
	    {"metrics.a-b > 1",
		"Invalid comparison clause. Expected 'Identifier' found 'metrics.a-b'"},
	    {"params.a = x", "Parameter value is either not quoted or unidentified quote "
			     "types used for"
			     " string value x. Use either single or double quotes."},
	};
	auto_models m;
	models_open(&m, *state);
	TRY(&m, samples);
}

static void orders_sort(void **state)
{
	static const struct {
		const char *order, *expected;
	} samples[] = {
	    {"metrics.loss", "abc"},
	    {"metrics.loss DESC", "abc"},
	    {"metrics.`x.y` desc", "cba"},
	    {"params.lr", "abc"},
	    {"params.lr DESC", "cba"},
	    {"tags.t  DESC", "bac"},
	    {"attributes.start_time ASC", "abc"},
	    {"Created DESC", "bac"},
	    {"run_name", "abc"},
	    {"status", "bac"},
	    {"artifact_uri DESC", "bca"},
	    {"user_id", "bac"},
	    {"run_id DESC", "cba"},
	    {"dataset.name", "Invalid identifier type 'dataset'"},
	    {"metrics.loss foo",
		"Invalid ordering key in order_by clause 'metrics.loss foo'."},
	    {"metrics.loss ASC NULLS LAST",
		"Invalid order_by clause 'metrics.loss ASC NULLS"
		" LAST'. Could not be parsed."},
	    {"a, b", "Invalid order_by clause 'a, b'. Could not be parsed."},
	    {"", "Invalid order_by clause ''. Could not be parsed."},
	};
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct search_query q = query(NULL, &samples[i].order, 1);
		if (strcmp(found(&m, &q), samples[i].expected) != 0)
			print_error("%s\n", samples[i].order);
		assert_string_equal(found(&m, &q), samples[i].expected);
	}
}

static void an_order_names_a_key_once(void **state)
{
	const char *order[] = {"start_time", "metrics.a", "attribute.created DESC"};
	struct search_query q = query(NULL, order, 3);
	auto_models m;
	models_open(&m, *state);
	assert_string_equal(found(&m, &q),
	    "`order_by` contains duplicate fields: ['start_time', 'metrics.a',"
	    " 'attribute.created DESC']");
}

static void views_and_experiments(void **state)
{
	const char *none[] = {"7"}, *wrong[] = {"0", "abc"};
	struct search_query q = query(NULL, NULL, 0);
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	q.view = VIEW_DELETED;
	assert_string_equal(found(&m, &q), "d");
	q.view = VIEW_ALL;
	assert_string_equal(found(&m, &q), "dbac");
	q.experiment_ids = none;
	assert_string_equal(found(&m, &q), "");
	q.experiment_ids = wrong;
	q.nexperiments = 2;
	assert_string_equal(found(&m, &q),
	    "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.");
	q.nexperiments = 0;
	assert_string_equal(found(&m, &q), "");
}

/* All pages of one run each; a newer run is added behind each of them. */
static const char *page_through(struct models *m, struct search_query *q)
{
	struct runs_found found;
	auto_buf out = BUF_INIT;
	q->max_results = 1;
	q->page_token = NULL;
	for (int pages = 0; pages < 10; pages++) {
		need_ok(m->f, runs_search(&m->db, &m->f->a, q, &found, &m->f->err));
		assert_int_equal(found.n, 1);
		buf_adds(&out, found.runs[0].run_id);
		alter_store(m, FMT(m, "INSERT INTO runs (run_uuid, start_time,"
				      " lifecycle_stage, experiment_id) VALUES"
				      " (hex(randomblob(9)), 100, 'active', 0)"));
		q->page_token = found.next;
		if (!found.next)
			break;
	}
	return arena_strdup(&m->f->a, out.s);
}

static void pages_stay_where_they_are(void **state)
{
	static const char *const orders[] = {
	    "created DESC", "metrics.nothing", "params.nothing DESC"};
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	for (size_t i = 0; i < 3; i++) {
		struct search_query q = query(NULL, &orders[i], 1);
		assert_string_equal(page_through(&m, &q), "bac");
		alter_store(&m, "DELETE FROM runs WHERE start_time = 100");
	}
}

static void pages_of_every_order(void **state)
{
	static const char *const orders[] = {"metrics.loss", "metrics.loss DESC",
	    "metrics.`x.y`", "params.lr", "tags.t", "tags.t DESC", "start_time",
	    "end_time DESC", "end_time", "user_id", "user_id DESC", "run_name DESC"};
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	alter_store(&m, "UPDATE runs SET lifecycle_stage = 'active'");
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		for (int64_t size = 1; size <= 4; size++) {
			struct search_query q = query(NULL, &orders[i], 1);
			const char *all = found(&m, &q);
			auto_buf got = BUF_INIT;
			struct runs_found page = {0};
			q.max_results = size;
			do {
				q.page_token = page.next;
				need_ok(m.f,
				    runs_search(&m.db, &m.f->a, &q, &page, &m.f->err));
				for (size_t k = 0; k < page.n; k++)
					buf_adds(&got, page.runs[k].run_id);
			} while (page.next && got.len < 20);
			assert_string_equal(got.s, all);
		}
}

static const char *first_token(struct models *m, struct search_query *q)
{
	struct runs_found page;
	q->max_results = 1;
	need_ok(m->f, runs_search(&m->db, &m->f->a, q, &page, &m->f->err));
	assert_non_null(page.next);
	return page.next;
}

static void a_token_belongs_to_its_request(void **state)
{
	const char *order[] = {"metrics.loss"};
	struct search_query q = query("status != 'x'", NULL, 0), other;
	const char *another = "Invalid page token, it belongs to another request";
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	q.page_token = first_token(&m, &q);
	q.max_results = 50; /* that may differ */
	assert_string_equal(found(&m, &q), "ac");
	other = q;
	other.filter = "status != 'y'";
	assert_string_equal(found(&m, &other), another);
	other = q;
	other.view = VIEW_ALL;
	assert_string_equal(found(&m, &other), another);
	other = q;
	other.order_by = order;
	other.norder = 1;
	assert_string_equal(found(&m, &other), another);
	other = q;
	other.nexperiments = 2;
	other.experiment_ids = (const char *const[]){"0", "1"};
	assert_string_equal(found(&m, &other), another);
}

static void an_edited_token_is_refused(void **state)
{
	struct search_query q = query(NULL, NULL, 0);
	auto_models m;
	char *token;
	models_open(&m, *state);
	three_runs(&m);
	token = arena_strdup(&m.f->a, first_token(&m, &q));
	q.page_token = token;
	for (char *p = token; *p; p++) {
		char was = *p;
		*p = was == 'A' ? 'B' : 'A';
		assert_string_equal(found(&m, &q),
		    "Invalid page token, it is not one that this server gave out");
		*p = was;
	}
	assert_string_equal(found(&m, &q), "a");
	token[strlen(token) - 1] = '\0';
	assert_non_null(strstr(found(&m, &q), "Invalid page token, "));
	q.page_token = "eyJvZmZzZXQiOiAxfQ==";
	assert_non_null(strstr(found(&m, &q), "Invalid page token, "));
}

static void values_in_tokens(void **state)
{
	struct fixture *f = *state;
	struct sql_value v[] = {{.kind = SQL_NULL}, {.kind = SQL_INT, .i = INT64_MIN},
	    {.kind = SQL_REAL, .d = -0.1}, {.kind = SQL_TEXT, .s = "", .n = 0},
	    {.kind = SQL_TEXT, .s = "a\0é", .n = 4}};
	struct sql_value got[6];
	for (size_t n = 0; n <= 5; n++) {
		const char *t = page_token_make(&f->a, 42, v, n);
		need_ok(f, page_token_read(&f->a, t, 42, got, n, &f->err));
		assert_error(f, page_token_read(&f->a, t, 42, got, n + 1, &f->err),
		    ERR_USAGE, "Invalid page token, ");
	}
	assert_int_equal(got[0].kind, SQL_NULL);
	assert_true(got[1].kind == SQL_INT && got[1].i == INT64_MIN);
	assert_true(got[2].kind == SQL_REAL && got[2].d == -0.1);
	assert_true(got[3].kind == SQL_TEXT && got[3].n == 0);
	assert_true(got[4].n == 4 && memcmp(got[4].s, "a\0é", 4) == 0);
}

static void too_much_is_refused(void **state)
{
	struct search_query q = query(NULL, NULL, 0);
	auto_buf text = BUF_INIT;
	auto_models m;
	models_open(&m, *state);
	for (int i = 0; i < 401; i++)
		buf_adds(&text, i ? " AND metrics.a > 1" : "metrics.a > 1");
	q.filter = text.s;
	assert_non_null(strstr(found(&m, &q), "401 comparisons"));
	buf_clear(&text);
	for (int i = 0; i < 6000; i++)
		buf_adds(&text, i ? ",'a'" : "run_id IN ('a'");
	buf_adds(&text, ")");
	q.filter = text.s;
	assert_non_null(strstr(found(&m, &q), "Error on parsing filter"));
	buf_clear(&text);
	buf_adds(&text, "params.a LIKE '");
	for (int i = 0; i < 17000; i++)
		buf_addc(&text, '*');
	buf_adds(&text, "'");
	q.filter = text.s;
	assert_non_null(strstr(found(&m, &q), "The pattern of LIKE has 17000 bytes"));
}

/* The page after a start time is read off the index, and nothing is sorted whole. */
static void the_newest_runs_have_an_index(void **state)
{
	struct fixture *f = *state;
	sqlite3_stmt *st = NULL;
	auto_models m;
	models_open(&m, f);
	assert_int_equal(sqlite3_prepare_v2(m.db.sq,
			     "EXPLAIN QUERY PLAN SELECT r.rowid FROM runs r WHERE "
			     "r.experiment_id IN (0)"
			     " AND r.lifecycle_stage = 'active' AND r.start_time <= 5"
			     " ORDER BY r.start_time DESC, r.run_uuid LIMIT 9",
			     -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(st, 3),
	    "SEARCH r USING INDEX index_runs_experiment_id_lifecycle_stage_start_time"
	    " (experiment_id=? AND lifecycle_stage=? AND start_time<?)");
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal(
	    sqlite3_column_text(st, 3), "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY");
	sqlite3_finalize(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(filters_find),
	    TEST(filters_are_refused),
	    TEST(orders_sort),
	    TEST(an_order_names_a_key_once),
	    TEST(views_and_experiments),
	    TEST(pages_stay_where_they_are),
	    TEST(pages_of_every_order),
	    TEST(a_token_belongs_to_its_request),
	    TEST(an_edited_token_is_refused),
	    TEST(values_in_tokens),
	    TEST(too_much_is_refused),
	    TEST(the_newest_runs_have_an_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
