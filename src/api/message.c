/* SPDX-License-Identifier: MIT */
/* message.c -- reading a message; message_write.c writes. */
#include "api/message.h"

#include <math.h>
#include <strings.h>

#include "api/scan.h"

#define SEE_DOCS " See the API docs for more information about request parameters."

/* Where a value stands, for errors: "metrics[1].key". */
struct place {
	const struct place *up;
	const char *name; /* NULL: an element of a list */
	size_t index;
};

struct reader {
	struct scan scan;
	struct err *err;
};

/* Which rows of a table were there, and whether by the other spelling. */
struct seen {
	uint64_t any, camel;
};

static void place_text(const struct place *at, struct buf *out)
{
	if (!at)
		return;
	place_text(at->up, out);
	if (!at->name)
		buf_addf(out, "[%zu]", at->index);
	else
		buf_addf(out, "%s%s", out->len ? "." : "", at->name);
}

static int malformed(struct reader *r)
{
	return err_set(r->err, ERR_FAIL, "the body is not valid JSON (at byte %zu)",
	    (size_t)(r->scan.p - r->scan.start));
}

static int missing(const struct place *at, struct err *err)
{
	auto_buf path = BUF_INIT;
	place_text(at, &path);
	return err_set(err, ERR_USAGE,
	    "Missing value for required parameter '%s'." SEE_DOCS, path.s);
}

static int wrong_value(
    const struct place *at, const char *text, size_t n, const char *type, struct err *err)
{
	enum { SHOWN = 1000 };
	auto_buf path = BUF_INIT;
	place_text(at, &path);
	return err_set(err, ERR_USAGE,
	    "Invalid value %.*s for parameter '%s' supplied:  Hint: Value was of type "
	    "'%s'." SEE_DOCS,
	    (int)(n < SHOWN ? n : SHOWN), text, path.s, type);
}

static const char *python_type(enum scan_kind kind, const char *text, size_t n)
{
	struct scan_number number = {0};
	switch (kind) {
	case SCAN_OBJECT:
		return "dict";
	case SCAN_ARRAY:
		return "list";
	case SCAN_STR:
		return "str";
	case SCAN_BOOL:
		return "bool";
	case SCAN_NUMBER:
		scan_number_text(text, n, &number);
		return number.whole ? "int" : "float";
	default:
		return "NoneType";
	}
}

/* The value that begins at `from` is of no use for the field at `at`. */
static int refuse(struct reader *r, const char *from, const struct place *at)
{
	enum scan_kind kind;
	r->scan.p = from;
	kind = scan_peek(&r->scan);
	from = r->scan.p;
	if (scan_skip(&r->scan) < 0)
		return malformed(r);
	return wrong_value(at, from, (size_t)(r->scan.p - from),
	    python_type(kind, from, (size_t)(r->scan.p - from)), r->err);
}

/* 0, or -1 where the number is no such integer. */
static int take_int(const struct scan_number *v, int64_t *out)
{
	const double limit = 9223372036854775808.0;
	if (v->whole && v->range)
		return -1;
	if (!v->whole && (!(v->d >= -limit && v->d < limit) || v->d != floor(v->d)))
		return -1;
	*out = v->whole ? v->i : (int64_t)v->d;
	return 0;
}

static int text_int(const char *s, int64_t *out)
{
	struct scan_number v;
	if (scan_number_text(s, strlen(s), &v) < 0 || !v.whole)
		return -1;
	return take_int(&v, out);
}

static int text_double(const char *s, double *out)
{
	struct scan_number v;
	const char *name = *s == '-' || *s == '+' ? s + 1 : s;
	if (strcasecmp(name, "nan") == 0) {
		*out = NAN;
		return 0;
	}
	if (strcasecmp(name, "inf") == 0 || strcasecmp(name, "infinity") == 0) {
		*out = *s == '-' ? -INFINITY : INFINITY;
		return 0;
	}
	if (scan_number_text(s, strlen(s), &v) < 0)
		return -1;
	*out = v.d;
	return 0;
}

static int text_bool(const char *s, bool *out)
{
	*out = strcasecmp(s, "true") == 0;
	return *out || strcasecmp(s, "false") == 0 ? 0 : -1;
}

static bool enum_has(const struct field *f, int64_t v)
{
	for (int64_t i = 0; i <= v; i++)
		if (!f->names[i])
			return false;
	return v >= 0 && f->names[v][0];
}

static int text_enum(const struct field *f, const char *s, int *out)
{
	int64_t v;
	for (int i = 0; f->names[i]; i++)
		if (f->names[i][0] && strcasecmp(f->names[i], s) == 0) {
			*out = i;
			return 0;
		}
	if (text_int(s, &v) < 0 || !enum_has(f, v))
		return -1;
	*out = (int)v;
	return 0;
}

/* A scalar that came as text. */
static int set_text(const struct field *f, const char *s, void *to)
{
	switch (f->kind) {
	case FIELD_STR:
		*(const char **)to = s;
		return 0;
	case FIELD_INT:
		return text_int(s, to);
	case FIELD_DOUBLE:
		return text_double(s, to);
	case FIELD_BOOL:
		return text_bool(s, to);
	case FIELD_ENUM:
		return text_enum(f, s, to);
	default:
		return -1;
	}
}

static int set_number(const struct field *f, const struct scan_number *v, void *to)
{
	int64_t i;
	switch (f->kind) {
	case FIELD_INT:
		return take_int(v, to);
	case FIELD_DOUBLE:
		*(double *)to = v->d;
		return 0;
	case FIELD_ENUM:
		if (take_int(v, &i) < 0 || !enum_has(f, i))
			return -1;
		*(int *)to = (int)i;
		return 0;
	default:
		return -1;
	}
}

/* Python's truth is a number, too. */
static int set_bool(const struct field *f, bool truth, void *to)
{
	if (f->kind == FIELD_BOOL)
		*(bool *)to = truth;
	else if (f->kind == FIELD_DOUBLE)
		*(double *)to = truth;
	else
		return -1;
	return 0;
}

static int read_object(
    struct reader *r, const struct message *m, void *out, const struct place *at);

static int read_scalar(
    struct reader *r, const struct field *f, void *to, const struct place *at)
{
	enum scan_kind kind = scan_peek(&r->scan);
	const char *from = r->scan.p, *s;
	struct scan_number v;
	bool truth;
	size_t n;
	int rc = -1;
	if (kind == SCAN_STR && f->kind != FIELD_BOOL) {
		if (scan_str(&r->scan, &s, &n) < 0)
			return malformed(r);
		rc = set_text(f, s, to);
		/* "" is as good as nothing */
		if (rc < 0 && n == 0 && f->flags & FIELD_REQUIRED)
			return missing(at, r->err);
	} else if (kind == SCAN_NUMBER) {
		if (scan_number(&r->scan, &v) < 0)
			return malformed(r);
		rc = set_number(f, &v, to);
	} else if (kind == SCAN_BOOL) {
		if (scan_bool(&r->scan, &truth) < 0)
			return malformed(r);
		rc = set_bool(f, truth, to);
	}
	return rc < 0 ? refuse(r, from, at) : 0;
}

/* Room for one more element of `size` bytes in an array that doubles. */
static void *one_more(struct arena *a, void **v, size_t n, size_t size)
{
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		void *grown = arena_array(a, n ? n * 2 : 4, size);
		if (n)
			memcpy(grown, *v, n * size);
		*v = grown;
	}
	return (char *)*v + n * size;
}

static int read_element(
    struct reader *r, const struct field *f, struct msgs *to, const struct place *at)
{
	static const struct field text = {.kind = FIELD_STR};
	struct place here = {.up = at, .index = to->n};
	size_t size = f->kind == FIELD_MSGS ? f->sub->size : sizeof(const char *);
	void *element = one_more(r->scan.a, &to->v, to->n, size);
	if (f->kind == FIELD_MSGS ? read_object(r, f->sub, element, &here)
				  : read_scalar(r, &text, element, &here))
		return -1;
	to->n++;
	return 0;
}

/* STRS and MSGS have the same shape. */
static int read_list(
    struct reader *r, const struct field *f, void *to, const struct place *at)
{
	struct msgs list = {0};
	bool first = true;
	int rc;
	_Static_assert(sizeof(struct strs) == sizeof(struct msgs) &&
			   offsetof(struct strs, n) == offsetof(struct msgs, n),
	    "one reader for both");
	if (scan_peek(&r->scan) != SCAN_ARRAY)
		return refuse(r, r->scan.p, at);
	if (scan_enter(&r->scan, '[') < 0)
		return malformed(r);
	while ((rc = scan_more(&r->scan, ']', &first)) > 0)
		if (read_element(r, f, &list, at) < 0)
			return -1;
	memcpy(to, &list, sizeof(list));
	return rc < 0 ? malformed(r) : 0;
}

static int read_field(
    struct reader *r, const struct field *f, char *out, const struct place *up)
{
	struct place at = {.up = up, .name = f->name};
	void *sub;
	switch (f->kind) {
	case FIELD_MSG:
		sub = arena_alloc(r->scan.a, f->sub->size);
		*(void **)(out + f->offset) = sub;
		return read_object(r, f->sub, sub, &at);
	case FIELD_STRS:
	case FIELD_MSGS:
		return read_list(r, f, out + f->offset, &at);
	default:
		return read_scalar(r, f, out + f->offset, &at);
	}
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* `key` is `name` as camelCase. */
static bool is_camel(const char *name, const char *key)
{
	for (; *name; name++, key++) {
		char want = *name;
		if (want == '_' && name[1])
			want = upper(*++name);
		if (*key != want)
			return false;
	}
	return *key == '\0';
}

static const struct field *find_field(
    const struct message *m, const char *key, bool *camel)
{
	const struct field *f = m->fields;
	*camel = false;
	for (; f->name; f++)
		if (strcmp(f->name, key) == 0)
			return f;
	*camel = true;
	for (f = m->fields; f->name; f++)
		if (is_camel(f->name, key))
			return f;
	return NULL;
}

/* The row whose member this one fills in, too, was there. */
static bool superseded(
    const struct message *m, const struct field *f, const struct seen *seen)
{
	if (!(f->flags & FIELD_ALIAS))
		return false;
	for (size_t i = 0; m->fields[i].name; i++)
		if (&m->fields[i] != f && m->fields[i].offset == f->offset &&
		    (seen->any >> i & 1))
			return true;
	return false;
}

static int two_spellings(const struct field *f, struct err *err)
{
	auto_buf camel = BUF_INIT;
	for (const char *c = f->name; *c; c++)
		if (*c == '_' && c[1])
			buf_addc(&camel, upper(*++c));
		else
			buf_addc(&camel, *c);
	return err_set(err, ERR_USAGE,
	    "Request specifies both '%s' and '%s'; provide only one of them.", f->name,
	    camel.s);
}

static int read_member(struct reader *r, const struct message *m, char *out,
    struct seen *seen, const struct place *at)
{
	const struct field *f;
	const char *key;
	uint64_t bit;
	size_t n;
	bool camel;
	if (scan_key(&r->scan, &key, &n) < 0)
		return malformed(r);
	f = find_field(m, key, &camel);
	if (!f || scan_peek(&r->scan) == SCAN_NULL || superseded(m, f, seen))
		return scan_skip(&r->scan) < 0 ? malformed(r) : 0;
	bit = (uint64_t)1 << (f - m->fields);
	if (seen->any & bit && !(seen->camel & bit) == camel)
		return two_spellings(f, r->err);
	seen->any |= bit;
	if (camel)
		seen->camel |= bit;
	return read_field(r, f, out, at);
}

static void set_defaults(const struct message *m, char *out)
{
	for (const struct field *f = m->fields; f->name; f++)
		if (f->kind == FIELD_INT)
			*(int64_t *)(out + f->offset) = f->dflt;
		else if (f->kind == FIELD_ENUM)
			*(int *)(out + f->offset) = (int)f->dflt;
		else if (f->kind == FIELD_BOOL)
			*(bool *)(out + f->offset) = f->dflt != 0;
}

static bool is_absent(const struct field *f, const char *out, bool seen)
{
	const char *const *s = (const char *const *)(out + f->offset);
	if (f->kind == FIELD_STR)
		return !*s || !**s;
	return !seen;
}

static int check_required(const struct message *m, const char *out,
    const struct seen *seen, const struct place *up, struct err *err)
{
	for (size_t i = 0; m->fields[i].name; i++) {
		const struct field *f = &m->fields[i];
		struct place at = {.up = up, .name = f->name};
		if (f->flags & FIELD_REQUIRED && is_absent(f, out, seen->any >> i & 1))
			return missing(&at, err);
	}
	return 0;
}

static int read_members(struct reader *r, const struct message *m, char *out,
    struct seen *seen, const struct place *at)
{
	bool first = true;
	int rc;
	if (scan_peek(&r->scan) != SCAN_OBJECT)
		return at ? refuse(r, r->scan.p, at) : malformed(r);
	if (scan_enter(&r->scan, '{') < 0)
		return malformed(r);
	while ((rc = scan_more(&r->scan, '}', &first)) > 0)
		if (read_member(r, m, out, seen, at) < 0)
			return -1;
	return rc < 0 ? malformed(r) : 0;
}

static int read_object(
    struct reader *r, const struct message *m, void *out, const struct place *at)
{
	struct seen seen = {0};
	set_defaults(m, out);
	if (read_members(r, m, out, &seen, at) < 0)
		return -1;
	return check_required(m, out, &seen, at, r->err);
}

/* One value of a query, for a field that is no message. */
static int take_query(const struct field *f, struct arena *a, const char *value,
    char *out, bool again, struct err *err)
{
	struct strs *list = (struct strs *)(out + f->offset);
	struct place at = {.name = f->name};
	if (f->kind == FIELD_STRS) {
		if (!again)
			*list = (struct strs){0};
		*(const char **)one_more(
		    a, (void **)&list->v, list->n, sizeof(*list->v)) = value;
		list->n++;
		return 0;
	}
	if (again || set_text(f, value, out + f->offset) == 0)
		return 0;
	if (f->kind == FIELD_BOOL)
		return err_set(err, ERR_USAGE,
		    "Invalid boolean value: %s, must be 'true' or 'false'.", value);
	value = arena_printf(a, "\"%s\"", value);
	return wrong_value(&at, value, strlen(value), "str", err);
}

static int read_query(const struct message *m, struct arena *a, const struct kvs *query,
    char *out, struct seen *seen, struct err *err)
{
	uint64_t mine = 0;
	for (size_t i = 0; i < query->n; i++) {
		bool camel;
		const struct field *f = find_field(m, query->v[i].key, &camel);
		uint64_t bit;
		if (!f || camel || f->kind == FIELD_MSG || f->kind == FIELD_MSGS ||
		    superseded(m, f, seen))
			continue;
		bit = (uint64_t)1 << (f - m->fields);
		if (take_query(f, a, query->v[i].value, out, mine & bit, err) < 0)
			return -1;
		mine |= bit;
		seen->any |= bit;
	}
	return 0;
}

/* An object in a string: what is in the string is read instead. */
static int unwrap(struct reader *r)
{
	const char *text;
	size_t n;
	if (scan_peek(&r->scan) != SCAN_STR)
		return 0;
	if (scan_str(&r->scan, &text, &n) < 0 || scan_peek(&r->scan) != SCAN_END)
		return malformed(r);
	r->scan.start = r->scan.p = text;
	r->scan.end = text + n;
	return 0;
}

int message_read(const struct message *m, struct arena *a, const char *text, size_t n,
    const struct kvs *query, void *out, struct err *err)
{
	struct reader r = {
	    .scan = {.start = text, .p = text, .end = text + n, .a = a}, .err = err};
	struct seen seen = {0};
	memset(out, 0, m->size);
	set_defaults(m, out);
	if (scan_peek(&r.scan) != SCAN_END) {
		if (unwrap(&r) < 0 || read_members(&r, m, out, &seen, NULL) < 0)
			return -1;
		if (scan_peek(&r.scan) != SCAN_END)
			return malformed(&r);
	}
	if (query && read_query(m, a, query, out, &seen, err) < 0)
		return -1;
	return check_required(m, out, &seen, NULL, err);
}
