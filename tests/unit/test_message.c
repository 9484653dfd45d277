/* SPDX-License-Identifier: MIT */
/* MLflow's messages: JSON and queries into structs, structs into JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>

#include "api/message.h"
#include "api/scan.h"

#define DOCS " See the API docs for more information about request parameters."

struct part {
	const char *key;
	double value;
};
static const struct field part_fields[] = {
    FIELD(struct part, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct part, value, FIELD_DOUBLE),
    {0},
};
static const struct message part_message = MESSAGE(struct part, part_fields);

static const char *const colours[] = {"", "RED", "", "BLUE", NULL};

struct whole {
	const char *run_id, *some_text;
	int64_t max_results, step;
	double value;
	bool on;
	int colour;
	struct strs names;
	struct msgs parts, kept;
	struct part *one;
};
static const struct field whole_fields[] = {
    FIELD(struct whole, run_id, FIELD_STR),
    {.name = "run_uuid",
	.offset = offsetof(struct whole, run_id),
	.kind = FIELD_STR,
	.flags = FIELD_ALIAS},
    FIELD(struct whole, some_text, FIELD_STR),
    FIELD(struct whole, max_results, FIELD_INT, .flags = FIELD_OMIT, .dflt = 100),
    FIELD(struct whole, step, FIELD_INT, .flags = FIELD_OMIT),
    FIELD(struct whole, value, FIELD_DOUBLE, .flags = FIELD_OMIT),
    FIELD(struct whole, on, FIELD_BOOL, .flags = FIELD_OMIT),
    FIELD(struct whole, colour, FIELD_ENUM, .names = colours, .dflt = 1,
	.flags = FIELD_OMIT),
    FIELD(struct whole, names, FIELD_STRS),
    FIELD(struct whole, parts, FIELD_MSGS, .sub = &part_message),
    FIELD(struct whole, kept, FIELD_MSGS, .sub = &part_message, .flags = FIELD_KEEP),
    FIELD(struct whole, one, FIELD_MSG, .sub = &part_message),
    {0},
};
static const struct message whole_message = MESSAGE(struct whole, whole_fields);

/* Required ones, in the order in which they are missed. */
struct strict {
	const char *run_id;
	double value;
	int64_t timestamp;
	struct strs names;
};
static const struct field strict_fields[] = {
    FIELD(struct strict, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    {.name = "run_uuid",
	.offset = offsetof(struct strict, run_id),
	.kind = FIELD_STR,
	.flags = FIELD_ALIAS},
    FIELD(struct strict, value, FIELD_DOUBLE, .flags = FIELD_REQUIRED),
    FIELD(struct strict, timestamp, FIELD_INT, .flags = FIELD_REQUIRED),
    FIELD(struct strict, names, FIELD_STRS, .flags = FIELD_REQUIRED),
    {0},
};
static const struct message strict_message = MESSAGE(struct strict, strict_fields);

struct world {
	struct arena a;
	struct err err;
	struct whole w;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	arena_release(&((struct world *)*state)->a);
	free(*state);
	return 0;
}

/* The text without the NUL behind it, so that a look too far is seen. */
static int read_exactly(struct world *w, const struct message *m, const char *text,
    const struct kvs *query, void *out)
{
	size_t n = strlen(text);
	char *exact = malloc(n ? n : 1);
	int rc;
	assert_non_null(exact);
	memcpy(exact, text, n);
	err_clear(&w->err);
	rc = message_read(m, &w->a, exact, n, query, out, &w->err);
	memset(exact, 'x', n);
	free(exact);
	return rc;
}

static struct whole *good(struct world *w, const char *text)
{
	if (read_exactly(w, &whole_message, text, NULL, &w->w) < 0)
		fail_msg("%s: %s", text, w->err.msg);
	return &w->w;
}

static void bad(struct world *w, const struct message *m, const char *text,
    enum err_code code, const char *message)
{
	struct whole out;
	assert_true(m->size <= sizeof(out));
	if (read_exactly(w, m, text, NULL, &out) == 0)
		fail_msg("%s was read", text);
	if (message)
		assert_string_equal(w->err.msg, message);
	assert_int_equal(w->err.code, code);
}

static void absent_members_have_their_defaults(void **state)
{
	struct world *w = *state;
	static const char *const texts[] = {"", " \n", "{}", " { } ",
	    "{\"run_id\":null,\"max_results\":null,\"names\":null,\"one\":null}",
	    "{\"unknown\":{\"a\":[1,2,{\"b\":null}]},\"x\":\"\\u00e9\",\"y\":-1.5e3}"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct whole *r = good(w, texts[i]);
		assert_null(r->run_id);
		assert_int_equal(r->max_results, 100);
		assert_int_equal(r->colour, 1);
		assert_false(r->on);
		assert_int_equal(r->names.n + r->parts.n, 0);
		assert_null(r->one);
	}
}

static void values_of_every_kind(void **state)
{
	struct world *w = *state;
	const struct whole *r = good(w,
	    "{\"run_id\":\"r\",\"some_text\":\"\",\"max_results\":7,\"step\":-3,"
	    "\"value\":0.1,\"on\":true,\"colour\":\"blue\",\"names\":[\"a\",\"b\"],"
	    "\"parts\":[{\"key\":\"k\",\"value\":1},{\"key\":\"l\"}],"
	    "\"one\":{\"key\":\"o\"}}");
	const struct part *p = r->parts.v;
	assert_string_equal(r->run_id, "r");
	assert_string_equal(r->some_text, "");
	assert_int_equal(r->max_results, 7);
	assert_int_equal(r->step, -3);
	assert_true(r->value == 0.1);
	assert_true(r->on);
	assert_int_equal(r->colour, 3);
	assert_int_equal(r->names.n, 2);
	assert_string_equal(r->names.v[1], "b");
	assert_int_equal(r->parts.n, 2);
	assert_string_equal(p[0].key, "k");
	assert_true(p[0].value == 1);
	assert_string_equal(p[1].key, "l");
	assert_string_equal(r->one->key, "o");
}

static void whole_numbers_are_exact(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text;
		int64_t v;
	} rows[] = {
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	    {"9007199254740993", 9007199254740993},
	    {"\"9007199254740993\"", 9007199254740993},
	    {"-0", 0},
	    {"1.0", 1},
	    {"1e3", 1000},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = arena_printf(&w->a, "{\"step\":%s}", rows[i].text);
		assert_true(good(w, text)->step == rows[i].v);
	}
}

static void numbers_with_a_fraction(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text;
		double v;
	} rows[] = {
	    {"0.25", 0.25},
	    {"\"0.25\"", 0.25},
	    {"1e-320", 1e-320},
	    {"1.7976931348623157e308", DBL_MAX},
	    {"1e999", INFINITY},
	    {"Infinity", INFINITY},
	    {"-Infinity", -INFINITY},
	    {"\"inf\"", INFINITY},
	    {"\"-Infinity\"", -INFINITY},
	    {"true", 1},
	    {"123456789012345678901234567890", 123456789012345678901234567890.0},
	    {"0."
	     "1000000000000000055511151231257827021181583404541015625000000000000000000",
		0.1},
	};
	static const char *const nans[] = {"NaN", "\"NaN\"", "\"nan\""};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = arena_printf(&w->a, "{\"value\":%s}", rows[i].text);
		assert_true(good(w, text)->value == rows[i].v);
	}
	for (size_t i = 0; i < sizeof(nans) / sizeof(nans[0]); i++)
		assert_true(isnan(
		    good(w, arena_printf(&w->a, "{\"value\":%s}", nans[i]))->value));
}

static void text_with_escapes(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text, *v;
	} rows[] = {
	    {"a\\\"\\\\\\/\\b\\f\\n\\r\\tb", "a\"\\/\b\f\n\r\tb"},
	    {"\\u00e9\\u20ac", "\xc3\xa9\xe2\x82\xac"},
	    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
	    {"x\\ud83dy", "x\xef\xbf\xbdy"},
	    {"\\ud83d\\u0041", "\xef\xbf\xbd\x41"},
	    {"\\ude00", "\xef\xbf\xbd"},
	    {"a\\u0000z", "a\xef\xbf\xbdz"},
	    {"\xc3\xa9", "\xc3\xa9"},
	    {"\x7f", "\x7f"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
		    good(w, arena_printf(&w->a, "{\"some_text\":\"%s\"}", rows[i].text))
			->some_text,
		    rows[i].v);
}

static void what_is_no_json(void **state)
{
	struct world *w = *state;
	static const char *const texts[] = {"{", "}", "[]", "x", "1", "{\"a\"}",
	    "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}", "{'a':1}", "{} x",
	    "{}{}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":.5}",
	    "{\"a\":truth}", "{\"a\":nul}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}",
	    "{\"a\":\"\\u000\"}", "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}",
	    "{\"a\":\"\xc3\"}", "{\"a\":\"b", "{\"a\":\"\\", "{\"a\":[1,]}",
	    "{\"names\":[", "{\"names\":[\"a\"", "\"{\"", "\"{}\" x", "{\"run_id\":\"\\"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		bad(w, &whole_message, texts[i], ERR_FAIL, NULL);
	assert_string_equal(w->err.msg, "the body is not valid JSON (at byte 10)");
}

static void nesting_is_bounded(void **state)
{
	struct world *w = *state;
	auto_buf deep = BUF_INIT;
	auto_buf fine = BUF_INIT;
	buf_adds(&deep, "{\"a\":");
	buf_adds(&fine, "{\"a\":");
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	bad(w, &whole_message, deep.s, ERR_FAIL, NULL);
	for (int i = 0; i < SCAN_DEPTH; i++)
		buf_addc(&fine, '[');
	for (int i = 0; i < SCAN_DEPTH; i++)
		buf_addc(&fine, ']');
	buf_addc(&fine, '}');
	good(w, fine.s);
}

static const struct {
	const char *text, *message;
} wrong_types[] = {
    {"{\"run_id\":5}",
	"Invalid value 5 for parameter 'run_id' supplied:  Hint: Value was of "
	"type 'int'." DOCS},
    {"{\"run_id\": 1.5 }",
	"Invalid value 1.5 for parameter 'run_id' supplied:  Hint: Value was of "
	"type 'float'." DOCS},
    {"{\"run_id\":true}",
	"Invalid value true for parameter 'run_id' supplied:  Hint: Value was of "
	"type 'bool'." DOCS},
    {"{\"run_id\":[1,2]}",
	"Invalid value [1,2] for parameter 'run_id' supplied:  Hint: Value was "
	"of type 'list'." DOCS},
    {"{\"step\":\"x\"}",
	"Invalid value \"x\" for parameter 'step' supplied:  Hint: Value was of "
	"type 'str'." DOCS},
    {"{\"step\":1.5}",
	"Invalid value 1.5 for parameter 'step' supplied:  Hint: Value was of "
	"type 'float'." DOCS},
    {"{\"step\":9223372036854775808}",
	"Invalid value 9223372036854775808 for parameter 'step' supplied:  Hint: "
	"Value was of type 'int'." DOCS},
    {"{\"step\":\"1.0\"}", NULL},
    {"{\"step\":true}", NULL},
    {"{\"step\":\"\"}", NULL},
    {"{\"step\":1e300}", NULL},
    {"{\"step\":NaN}", NULL},
    {"{\"value\":\"x\"}", NULL},
    {"{\"value\":{}}", NULL},
    {"{\"on\":1}", NULL},
    {"{\"on\":\"true\"}", NULL},
    {"{\"colour\":\"GREEN\"}", NULL},
    {"{\"colour\":\"\"}", NULL},
    {"{\"colour\":0}", NULL},
    {"{\"colour\":2}", NULL},
    {"{\"colour\":4}", NULL},
    {"{\"colour\":-1}", NULL},
    {"{\"colour\":1.5}", NULL},
    {"{\"names\":\"a\"}", NULL},
    {"{\"names\":[\"a\",2]}",
	"Invalid value 2 for parameter 'names[1]' supplied:  Hint: Value was of "
	"type 'int'." DOCS},
    {"{\"names\":[null]}", NULL},
    {"{\"parts\":{}}", NULL},
    {"{\"parts\":[{\"key\":\"a\"},3]}",
	"Invalid value 3 for parameter 'parts[1]' supplied:  Hint: Value was of "
	"type 'int'." DOCS},
    {"{\"parts\":[{\"key\":\"a\"},{\"key\":7}]}",
	"Invalid value 7 for parameter 'parts[1].key' supplied:  Hint: Value was "
	"of type 'int'." DOCS},
    {"{\"one\":[]}", NULL},
    {"{\"one\":{\"key\":7}}",
	"Invalid value 7 for parameter 'one.key' supplied:  Hint: Value was of "
	"type 'int'." DOCS},
};

static void wrong_types_are_named(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(wrong_types) / sizeof(wrong_types[0]); i++)
		bad(w, &whole_message, wrong_types[i].text, ERR_USAGE,
		    wrong_types[i].message);
	assert_int_equal(good(w, "{\"colour\":3}")->colour, 3);
}

static void missing_fields_are_named_in_order(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text, *name;
	} rows[] = {
	    {"{}", "run_id"},
	    {"", "run_id"},
	    {"{\"run_id\":\"\",\"value\":1}", "run_id"},
	    {"{\"run_id\":null}", "run_id"},
	    {"{\"run_uuid\":\"r\"}", "value"},
	    {"{\"run_id\":\"r\",\"value\":\"\"}", "value"},
	    {"{\"run_id\":\"r\",\"value\":0}", "timestamp"},
	    {"{\"run_id\":\"r\",\"value\":0,\"timestamp\":0}", "names"},
	};
	struct strict s;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad(w, &strict_message, rows[i].text, ERR_USAGE,
		    arena_printf(&w->a, "Missing value for required parameter '%s'." DOCS,
			rows[i].name));
	bad(w, &whole_message, "{\"parts\":[{\"key\":\"a\"},{\"value\":1}]}", ERR_USAGE,
	    "Missing value for required parameter 'parts[1].key'." DOCS);
	assert_int_equal(
	    read_exactly(w, &strict_message,
		"{\"run_id\":\"r\",\"value\":0,\"timestamp\":0,\"names\":[]}", NULL, &s),
	    0);
}

static void other_spellings(void **state)
{
	struct world *w = *state;
	static const char both[] =
	    "Request specifies both 'max_results' and 'maxResults'; provide only one of "
	    "them.";
	assert_int_equal(good(w, "{\"maxResults\":3}")->max_results, 3);
	assert_string_equal(good(w, "{\"runUuid\":\"u\"}")->run_id, "u");
	assert_int_equal(good(w, "{\"maxresults\":3}")->max_results, 100);
	assert_int_equal(
	    good(w, "{\"max_results\":3,\"max_results\":4}")->max_results, 4);
	bad(w, &whole_message, "{\"maxResults\":3,\"max_results\":3}", ERR_USAGE, both);
	bad(w, &whole_message, "{\"max_results\":3,\"maxResults\":3}", ERR_USAGE, both);
}

static void the_older_name_stands_back(void **state)
{
	struct world *w = *state;
	assert_string_equal(good(w, "{\"run_uuid\":\"u\"}")->run_id, "u");
	assert_string_equal(
	    good(w, "{\"run_uuid\":\"u\",\"run_id\":\"i\"}")->run_id, "i");
	assert_string_equal(
	    good(w, "{\"run_id\":\"i\",\"run_uuid\":\"u\"}")->run_id, "i");
}

static void json_in_a_string(void **state)
{
	struct world *w = *state;
	assert_int_equal(good(w, "\"{\\\"step\\\": 4}\"")->step, 4);
}

static int ask(struct world *w, const struct message *m, const char *text, struct kv *v,
    size_t n, void *out)
{
	struct kvs query = {v, n};
	return read_exactly(w, m, text, &query, out);
}

static void queries(void **state)
{
	struct world *w = *state;
	struct kv q[] = {{"names", "a"}, {"step", "-5"}, {"names", "b"}, {"on", "TRUE"},
	    {"value", "nan"}, {"colour", "BLUE"}, {"maxResults", "4"}, {"other", "x"},
	    {"run_id", "r"}, {"run_id", "s"}, {"one", "x"}, {"some_text", ""}};
	struct kv path[] = {{"run_id", "from the path"}};
	const struct whole *r = &w->w;
	assert_int_equal(
	    ask(w, &whole_message, "", q, sizeof(q) / sizeof(q[0]), &w->w), 0);
	assert_int_equal(r->names.n, 2);
	assert_string_equal(r->names.v[0], "a");
	assert_string_equal(r->names.v[1], "b");
	assert_int_equal(r->step, -5);
	assert_true(r->on);
	assert_true(isnan(r->value));
	assert_int_equal(r->colour, 3);
	assert_int_equal(r->max_results, 100);
	assert_string_equal(r->run_id, "r");
	assert_string_equal(r->some_text, "");
	assert_int_equal(ask(w, &whole_message, "{\"run_id\":\"r\",\"names\":[\"z\"]}",
			     path, 1, &w->w),
	    0);
	assert_string_equal(r->run_id, "from the path");
	assert_int_equal(r->names.n, 1);
}

static void wrong_values_in_queries(void **state)
{
	struct world *w = *state;
	struct kv step[] = {{"step", "x"}}, on[] = {{"on", "1"}};
	assert_int_equal(ask(w, &whole_message, "", step, 1, &w->w), -1);
	assert_string_equal(w->err.msg,
	    "Invalid value \"x\" for parameter 'step' supplied:  "
	    "Hint: Value was of type 'str'." DOCS);
	assert_int_equal(ask(w, &whole_message, "", on, 1, &w->w), -1);
	assert_string_equal(
	    w->err.msg, "Invalid boolean value: 1, must be 'true' or 'false'.");
}

static void writing(void **state)
{
	struct world *w = *state;
	struct part parts[] = {{"a", 1}, {"b", -0.5}};
	const char *names[] = {"x", "y\"\\\n\x01\x7f\xc3\xa9\xff"};
	auto_buf out = BUF_INIT;
	struct whole v = {.max_results = 100, .colour = 1};
	(void)w;
	message_write(&whole_message, &v, &out);
	assert_string_equal(out.s, "{\"kept\":[]}");
	buf_clear(&out);
	v = (struct whole){.run_id = "r",
	    .max_results = INT64_MIN,
	    .value = NAN,
	    .on = true,
	    .colour = 3,
	    .names = {names, 2},
	    .parts = {parts, 2},
	    .one = &parts[0]};
	message_write(&whole_message, &v, &out);
	assert_string_equal(out.s,
	    "{\"run_id\":\"r\",\"max_results\":-9223372036854775808,\"value\":\"NaN\","
	    "\"on\":true,\"colour\":\"BLUE\",\"names\":[\"x\",\"y\\\"\\\\\\n\\u0001"
	    "\\u007f\xc3\xa9\xef\xbf\xbd\"],\"parts\":[{\"key\":\"a\",\"value\":1.0},"
	    "{\"key\":\"b\",\"value\":-0.5}],\"kept\":[],\"one\":{\"key\":\"a\","
	    "\"value\":1.0}}");
}

static void doubles_read_back_the_same(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
	    {0.1, "0.1"},
	    {1.0 / 3, "0.3333333333333333"},
	    {1e15, "1000000000000000.0"},
	    {1e16, "1e+16"},
	    {1e-5, "1e-05"},
	    {0.0001, "0.0001"},
	    {-0.0, "-0.0"},
	    {5e-324, "5e-324"},
	    {DBL_MAX, "1.7976931348623157e+308"},
	    {INFINITY, "\"Infinity\""},
	    {-INFINITY, "\"-Infinity\""},
	    {123456.789, "123456.789"},
	    {1234567890123456.5, "1234567890123456.5"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct part p = {NULL, rows[i].v};
		auto_buf out = BUF_INIT;
		auto_buf want = BUF_INIT;
		message_write(&part_message, &p, &out);
		buf_addf(&want, "{\"value\":%s}", rows[i].text);
		assert_string_equal(out.s, want.s);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(absent_members_have_their_defaults),
	    TEST(values_of_every_kind),
	    TEST(whole_numbers_are_exact),
	    TEST(numbers_with_a_fraction),
	    TEST(text_with_escapes),
	    TEST(what_is_no_json),
	    TEST(nesting_is_bounded),
	    TEST(wrong_types_are_named),
	    TEST(missing_fields_are_named_in_order),
	    TEST(other_spellings),
	    TEST(the_older_name_stands_back),
	    TEST(json_in_a_string),
	    TEST(queries),
	    TEST(wrong_values_in_queries),
	    TEST(writing),
	    TEST(doubles_read_back_the_same),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
