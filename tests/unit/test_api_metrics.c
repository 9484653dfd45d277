/* SPDX-License-Identifier: MIT */
/* Metrics, batches and histories through the API. */
#include "api_fixture.h"

static void log_metric(struct models *m, const char *run, const char *rest)
{
	DONE(m, "POST runs/log-metric",
	    FMT(m, "{\"run_id\":\"%s\",\"key\":\"m\",%s}", run, rest));
}

static void metrics_of_every_value(void **state)
{
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{'run_name':'n'}");
	log_metric(&m, run, "\"value\":0.25,\"timestamp\":5,\"step\":0");
	log_metric(&m, run, "\"value\":0.25,\"timestamp\":5,\"step\":0");
	log_metric(&m, run, "\"value\":1,\"timestamp\":\"5\",\"step\":-7");
	log_metric(&m, run, "\"value\":\"NaN\",\"timestamp\":5,\"step\":2");
	log_metric(&m, run, "\"value\":NaN,\"timestamp\":5,\"step\":2");
	log_metric(&m, run, "\"value\":\"Infinity\",\"timestamp\":5,\"step\":3");
	log_metric(&m, run, "\"value\":-Infinity,\"timestamp\":0");
	log_metric(&m, run, "\"value\":0,\"timestamp\":0,\"step\":1099511627776");
	answers(&m, FMT(&m, "GET metrics/get-history?run_id=%s&metric_key=m", run), NULL,
	    "{\"metrics\":["
	    "{\"key\":\"m\",\"value\":-1.7976931348623157e+308,\"timestamp\":0,\"step\":"
	    "0},"
	    "{\"key\":\"m\",\"value\":0.0,\"timestamp\":0,\"step\":1099511627776},"
	    "{\"key\":\"m\",\"value\":1.0,\"timestamp\":5,\"step\":-7},"
	    "{\"key\":\"m\",\"value\":0.25,\"timestamp\":5,\"step\":0},"
	    "{\"key\":\"m\",\"value\":\"NaN\",\"timestamp\":5,\"step\":2},"
	    "{\"key\":\"m\",\"value\":1.7976931348623157e+308,\"timestamp\":5,\"step\":3}"
	    "]}");
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"metrics\":[{\"key\":\"m\",\"value\":0.0,\"timestamp\":0,"
	    "\"step\":1099511627776}]");
	assert_string_equal(sql(&m, run,
				"SELECT group_concat(value || ' ' || is_nan) FROM "
				"metrics WHERE step = 2"),
	    "0.0 1");
}

static void the_latest_of_a_metric(void **state)
{
	static const struct {
		const char *rest, *latest;
	} rows[] = {
	    {"\"value\":1,\"timestamp\":5,\"step\":5", "1.0 5 5 0"},
	    {"\"value\":9,\"timestamp\":9,\"step\":4", "1.0 5 5 0"},
	    {"\"value\":0,\"timestamp\":6,\"step\":5", "0.0 6 5 0"},
	    {"\"value\":-1,\"timestamp\":6,\"step\":5", "0.0 6 5 0"},
	    {"\"value\":2,\"timestamp\":6,\"step\":5", "2.0 6 5 0"},
	    {"\"value\":NaN,\"timestamp\":1,\"step\":6", "0.0 1 6 1"},
	};
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		log_metric(&m, run, rows[i].rest);
		assert_string_equal(
		    sql(&m, run,
			"SELECT value || ' ' || timestamp || ' ' || step || ' ' || is_nan"
			" FROM latest_metrics WHERE run_uuid = '$R'"),
		    rows[i].latest);
	}
}

static void what_metrics_refuse(void **state)
{
	static const struct refusal rows[] = {
	    {"POST runs/log-metric", "{'run_id':'$R','value':1,'timestamp':1}", USAGE,
		MISSING("key")},
	    {"POST runs/log-metric", "{'run_id':'$R','key':'m','timestamp':1}", USAGE,
		MISSING("value")},
	    {"POST runs/log-metric", "{'run_id':'$R','key':'m','value':'','timestamp':1}",
		USAGE, MISSING("value")},
	    {"POST runs/log-metric", "{'run_id':'$R','key':'m','value':1}", USAGE,
		MISSING("timestamp")},
	    {"POST runs/log-metric", "{'key':'m','value':1,'timestamp':1}", USAGE,
		MISSING("run_id")},
	    {"POST runs/log-metric",
		"{'run_id':'$R','key':'m','value':'x','timestamp':1}", USAGE,
		"Invalid value \"x\" for parameter 'value' supplied:  Hint: Value was of "
		"type 'str'." DOCS},
	    {"POST runs/log-metric",
		"{'run_id':'$R','key':'m','value':2.5,'timestamp':-1}", USAGE,
		"Invalid value -1 for parameter 'timestamp' supplied: metric 'm' "
		"(value=2.5). Timestamp must be a nonnegative long (64-bit integer) "},
	    {"POST runs/log-metric", "{'run_id':'no','key':'m','value':1,'timestamp':1}",
		GONE, "Run with id=no not found"},
	    {"POST runs/log-metric", "{'run_id':'$R','key':'$K','value':1,'timestamp':1}",
		USAGE, "'Metric name' exceeds the maximum length of 250 characters"},
	    {"POST runs/log-batch",
		"{'run_id':'$R','metrics':[{'key':'a','value':1,'timestamp':1},{'key':"
		"'b','value':'nan','timestamp':-2}]}",
		USAGE,
		"Invalid value -2 for parameter 'metrics[1].timestamp' supplied: metric "
		"'b' (value=nan). Timestamp must be a nonnegative long (64-bit "
		"integer) "},
	    {"POST runs/log-batch", "{'run_id':'$R','metrics':[{'value':1}]}", USAGE,
		MISSING("metrics[0].key")},
	    {"POST runs/log-batch",
		"{'run_id':'$R','metrics':[{'key':'a','timestamp':1}]}", USAGE,
		MISSING("metrics[0].value")},
	    {"POST runs/log-batch", "{'run_id':'$R','metrics':[{'key':'a','value':1}]}",
		USAGE, MISSING("metrics[0].timestamp")},
	    {"POST runs/log-batch", "{'run_id':'$R','metrics':'x'}", USAGE,
		"Invalid value \"x\" for parameter 'metrics' supplied:  Hint: Value was "
		"of type 'str'." DOCS},
	    {"POST runs/log-batch", "{'run_id':'a b'}", USAGE,
		"Invalid value \"a b\" for parameter 'run_id' supplied."},
	    {"POST runs/log-batch", "{'run_id':'no'}", GONE, "Run with id=no not found"},
	    {"POST runs/log-batch", "{}", USAGE, MISSING("run_id")},
	};
	auto_models m;
	models_open(&m, *state);
	REFUSED(&m, rows, create_run(&m, "{}"));
	assert_string_equal(sql(&m, NULL, "SELECT count(*) FROM metrics"), "0");
}

/* A list of n entries that differ in their number. */
static const char *many(struct models *m, const char *entry, size_t n)
{
	auto_buf b = BUF_INIT;
	const char *at = strchr(entry, '#');
	for (size_t i = 0; i < n; i++)
		buf_addf(
		    &b, "%s%.*s%zu%s", i ? "," : "", (int)(at - entry), entry, i, at + 1);
	return arena_strndup(&m->f->a, b.s, b.len);
}

static void a_batch_has_limits(void **state)
{
	static const struct {
		size_t metrics, params, tags;
		const char *what, *most, *got;
	} rows[] = {
	    {1001, 0, 0, "metrics", "1000", "1001"},
	    {0, 101, 0, "params", "100", "101"},
	    {0, 0, 101, "tags", "100", "101"},
	    {950, 30, 21, "metrics, params, and tags", "1000", "1001"},
	    {1000, 0, 0, NULL, NULL, NULL},
	    {850, 50, 100, NULL, NULL, NULL},
	};
	auto_models m;
	const char *run, *body;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *what = rows[i].what;
		body = FMT(&m, "{'run_id':'%s','metrics':[%s],'params':[%s],'tags':[%s]}",
		    run,
		    many(&m, "{'key':'m#','value':1,'timestamp':1}", rows[i].metrics),
		    many(&m, "{'key':'p#','value':'1'}", rows[i].params),
		    many(&m, "{'key':'t#','value':'1'}", rows[i].tags));
		if (what)
			EXPECT(&m, 400, "POST runs/log-batch", body,
			    FMT(&m,
				"\"message\":\"A batch logging request can contain at "
				"most "
				"%s %s. Got %s %s. Please split up %s across multiple "
				"requests and try again.\"}",
				rows[i].most, what, rows[i].got, what, what));
		else
			DONE(&m, "POST runs/log-batch", body);
	}
	assert_string_equal(
	    sql(&m, run,
		"SELECT (SELECT count(*) FROM metrics) || ' ' || (SELECT count(*) FROM "
		"params) || ' ' || (SELECT count(*) FROM tags)"),
	    "1000 50 101");
}

static void a_batch_is_all_or_nothing_and_may_come_twice(void **state)
{
	auto_models m;
	const char *run, *body,
	    *count = "SELECT (SELECT count(*) FROM metrics) || ' ' ||"
		     " (SELECT count(*) FROM params) || ' ' ||"
		     " (SELECT count(*) FROM tags)";
	models_open(&m, *state);
	run = create_run(&m, "{}");
	body = fill(&m,
	    "{'run_id':'$R','metrics':[{'key':'a','value':1,'timestamp':1},{'key':'a',"
	    "'value':1,'timestamp':1},{'key':'a','value':2,'timestamp':1,'run_id':'$R'}],"
	    "'params':[{'key':'p','value':'1'}],'tags':[{'key':'t','value':'1'}]}",
	    run);
	DONE(&m, "POST runs/log-batch", body);
	assert_string_equal(sql(&m, run, count), "2 1 2");
	DONE(&m, "POST runs/log-batch", body);
	assert_string_equal(sql(&m, run, count), "2 1 2");
	EXPECT(&m, 400, "POST runs/log-batch",
	    fill(&m,
		"{'run_id':'$R','metrics':[{'key':'b','value':1,'timestamp':1}],"
		"'params':[{'key':'n','value':'1'},{'key':'p','value':'2'}],"
		"'tags':[{'key':'u','value':'1'}]}",
		run),
	    "Changing param values");
	assert_string_equal(sql(&m, run, count), "2 1 2");
	DONE(&m, "POST runs/log-batch", fill(&m, "{'run_id':'$R'}", run));
}

static void a_history_in_pages(void **state)
{
	auto_models m;
	const char *run, *token = NULL;
	size_t pages = 0, values = 0;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	for (int i = 0; i < 25; i++)
		log_metric(&m, run,
		    FMT(&m, "\"value\":%d,\"timestamp\":%d,\"step\":%d", 25 - i, i / 5,
			i % 3));
	do {
		EXPECT(&m, 200,
		    FMT(&m,
			"GET "
			"metrics/get-history?run_id=%s&metric_key=m&max_results=4%s%s",
			run, token ? "&page_token=" : "", token ? token : ""),
		    NULL, "{\"metrics\":[");
		for (const char *s = m.reply.s; (s = strstr(s, "\"key\"")); s++)
			values++;
		token = strstr(m.reply.s, "next_page_token")
			    ? reply_field(&m, "next_page_token")
			    : NULL;
		/* what comes before the page moves nothing */
		log_metric(&m, run, FMT(&m, "\"value\":%zu,\"timestamp\":0", 99 + pages));
		pages++;
	} while (token && pages < 20);
	assert_int_equal(pages, 7);
	assert_int_equal(values, 25);
	EXPECT(&m, 200,
	    FMT(&m, "GET metrics/get-history?run_id=%s&metric_key=m&max_results=32", run),
	    NULL, "\"metrics\"");
	assert_null(strstr(m.reply.s, "next_page_token"));
	answers(&m, "GET metrics/get-history?run_id=no&metric_key=m", NULL, "{}");
	answers(&m, FMT(&m, "GET metrics/get-history?run_id=%s&metric_key=n", run), NULL,
	    "{}");
}

static void what_histories_refuse(void **state)
{
	static const struct refusal rows[] = {
	    {"GET metrics/get-history?run_id=$R&metric_key=m&max_results=0", NULL, USAGE,
		"Invalid value 0 for parameter 'max_results' supplied. It must be a "
		"positive integer."},
	    {"GET metrics/get-history?run_id=$R&metric_key=m&max_results=-3", NULL, USAGE,
		"Invalid value -3 for parameter 'max_results' supplied. It must be a "
		"positive integer."},
	    {"GET metrics/get-history?run_id=$R", NULL, USAGE, MISSING("metric_key")},
	    {"GET metrics/get-history?metric_key=m", NULL, USAGE, MISSING("run_id")},
	    {"GET metrics/get-history-bulk-interval?metric_key=m", NULL, USAGE,
		MISSING("run_ids")},
	    {"GET metrics/get-history-bulk-interval?run_ids=$R", NULL, USAGE,
		MISSING("metric_key")},
	    {"GET "
	     "metrics/get-history-bulk-interval?run_ids=$R&metric_key=m&max_results=0",
		NULL, USAGE, "max_results must be between 1 and 2500." DOCS},
	    {"GET metrics/get-history-bulk-interval?run_ids=$R&metric_key=m&max_results="
	     "2501",
		NULL, USAGE, "max_results must be between 1 and 2500." DOCS},
	    {"GET metrics/get-history-bulk-interval?run_ids=$R&metric_key=m&start_step=1",
		NULL, USAGE,
		"If either start step or end step are specified, both must be "
		"specified."},
	    {"GET metrics/get-history-bulk-interval?run_ids=$R&metric_key=m&start_step=3&"
	     "end_step=1",
		NULL, USAGE,
		"end_step must be greater than start_step. Found start_step=3 and "
		"end_step=1."},
	};
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	REFUSED(&m, rows, run);
	EXPECT(&m, 400,
	    FMT(&m, "GET metrics/get-history?run_id=%s&metric_key=m&page_token=xyz", run),
	    NULL, "Invalid page token, ");
}

/* The steps in a reply, as "0,3,7". */
static const char *steps(struct models *m)
{
	auto_buf b = BUF_INIT;
	for (const char *s = m->reply.s; (s = strstr(s, "\"step\":")); s++)
		buf_addf(&b, "%s%ld", b.len ? "," : "", strtol(s + 7, NULL, 10));
	return arena_strndup(&m->f->a, b.s, b.len);
}

static void samples_of_a_history(void **state)
{
	static const struct {
		int n;
		const char *more, *steps;
	} rows[] = {
	    {0, "", ""},
	    {1, "&max_results=1", "0"},
	    {10, "", "0,1,2,3,4,5,6,7,8,9"},
	    {10, "&max_results=10", "0,1,2,3,4,5,6,7,8,9"},
	    {10, "&max_results=1", "9"},
	    {10, "&max_results=2", "0,9"},
	    {10, "&max_results=3", "0,4,9"},
	    {10, "&max_results=4", "0,3,6,9"},
	    {10, "&max_results=9", "0,2,3,4,5,6,7,8,9"},
	    {10, "&start_step=2&end_step=4", "2,3,4"},
	    {10, "&start_step=-5&end_step=1&max_results=1", "1"},
	};
	auto_models m;
	models_open(&m, *state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *run = create_run(&m, "{}");
		for (int k = rows[i].n; k-- > 0;)
			log_metric(&m, run,
			    FMT(&m, "\"value\":1,\"timestamp\":1,\"step\":%d", k));
		EXPECT(&m, 200,
		    FMT(&m,
			"GET metrics/get-history-bulk-interval?run_ids=%s&metric_key=m%s",
			run, rows[i].more),
		    NULL, rows[i].n ? "\"run_id\":\"" : "{}");
		assert_string_equal(steps(&m), rows[i].steps);
	}
}

/* Only the web page asks that way. */
static const char *ask_ajax(struct models *m, struct kv *query, size_t n)
{
	struct api_request rq = {
	    .path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk", .query = {query, n}};
	struct api_reply out = {.body = m->reply};
	api_answer(&m->api, &m->f->a, &rq, &out);
	m->reply = out.body;
	m->status = out.status;
	return m->reply.s;
}

static void histories_of_several_runs(void **state)
{
	auto_models m;
	const char *a, *b;
	models_open(&m, *state);
	a = create_run(&m, "{}");
	b = create_run(&m, "{}");
	struct kv q[] = {{"run_id", a}, {"run_id", b}, {"run_id", a}, {"metric_key", "m"},
	    {"max_results", "2"}};
	log_metric(&m, a, "\"value\":1,\"timestamp\":1,\"step\":1");
	log_metric(&m, b, "\"value\":1,\"timestamp\":1,\"step\":2");
	log_metric(&m, b, "\"value\":1,\"timestamp\":2,\"step\":3");
	ask_ajax(&m, q, 4);
	assert_string_equal(steps(&m), strcmp(a, b) < 0 ? "1,2,3" : "2,3,1");
	ask_ajax(&m, q, 5);
	assert_string_equal(steps(&m), strcmp(a, b) < 0 ? "1,2" : "2,3");
	q[3].value = "none";
	assert_string_equal(ask_ajax(&m, q, 4), "{\"metrics\":[]}");
	ask_ajax(&m, q, 3);
	say_reply(&m, 400, "GetMetricHistoryBulk request must specify a metric_key.");
	ask_ajax(&m, q + 3, 1);
	say_reply(
	    &m, 400, "GetMetricHistoryBulk request must specify at least one run_id.");
	EXPECT(&m, 404, FMT(&m, "GET metrics/get-history-bulk?run_id=%s&metric_key=m", a),
	    NULL, "ENDPOINT_NOT_FOUND");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(metrics_of_every_value),
	    TEST(the_latest_of_a_metric),
	    TEST(what_metrics_refuse),
	    TEST(a_batch_has_limits),
	    TEST(a_batch_is_all_or_nothing_and_may_come_twice),
	    TEST(a_history_in_pages),
	    TEST(what_histories_refuse),
	    TEST(samples_of_a_history),
	    TEST(histories_of_several_runs),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
