/* SPDX-License-Identifier: MIT */
#include "flow/points.h"

#include "flow/csvfile.h"
#include "plan/key.h"

/* Where one parameter's value comes from. */
struct column {
	const char *name;
	struct range range;
	size_t axis;
	size_t field; /* of a file's row */
};

/* What is varied at once: one parameter, or the columns of one file. */
struct axis {
	size_t n; /* of its values; 0: it is drawn from a spread */
	const char *file;
	struct csv csv; /* where file is set */
};

struct grid {
	struct arena *a;
	struct column *columns;
	struct axis *axes;
	size_t ncolumns, naxes;
	struct err *err;
};

int points_want_add(
    struct arena *a, struct points_want *w, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');
	const char *name =
	    *text == '@' || !eq ? NULL : arena_strndup(a, text, (size_t)(eq - text));
	if (!name && *text != '@')
		return err_set(err, ERR_USAGE,
		    "Invalid format for -P parameter: '%s'. Use -P name=values.", text);
	for (size_t i = 0; name && i < w->ngiven; i++)
		if (w->given[i].name && strcmp(w->given[i].name, name) == 0)
			return err_set(err, ERR_USAGE, "Repeated parameter: '%s'", name);
	if (w->ngiven == POINTS_PARAMS_MAX)
		return err_set(
		    err, ERR_USAGE, "more than %d parameters", POINTS_PARAMS_MAX);
	w->given[w->ngiven].name = name;
	w->given[w->ngiven++].text = name ? eq + 1 : text;
	return 0;
}

static struct axis *add_axis(struct grid *g, size_t n)
{
	ARENA_GROW(g->a, g->axes, g->naxes);
	g->axes[g->naxes] = (struct axis){.n = n};
	return &g->axes[g->naxes++];
}

/* The axis of a file, which is read the first time. */
static struct axis *file_axis(struct grid *g, const char *file)
{
	struct axis *x;
	struct csv csv;
	for (size_t i = 0; i < g->naxes; i++)
		if (g->axes[i].file && strcmp(g->axes[i].file, file) == 0)
			return &g->axes[i];
	if (csv_read(g->a, file, &csv, g->err) < 0)
		return NULL;
	x = add_axis(g, csv.n);
	x->file = file;
	x->csv = csv;
	return x;
}

static int add_column(struct grid *g, const char *name, const struct range *r,
    const struct axis *x, size_t field)
{
	for (size_t i = 0; i < g->ncolumns; i++)
		if (strcmp(g->columns[i].name, name) == 0)
			return err_set(
			    g->err, ERR_USAGE, "Repeated parameter: '%s'", name);
	if (key_check("parameter", name, g->err) < 0)
		return -1;
	if (g->ncolumns == POINTS_PARAMS_MAX)
		return err_set(
		    g->err, ERR_USAGE, "more than %d parameters", POINTS_PARAMS_MAX);
	ARENA_GROW(g->a, g->columns, g->ncolumns);
	g->columns[g->ncolumns++] = (struct column){
	    .name = name, .range = *r, .axis = (size_t)(x - g->axes), .field = field};
	return 0;
}

static int no_such_column(struct grid *g, const struct csv *csv, const char *name)
{
	auto_buf names = BUF_INIT;
	for (size_t i = 0; i < csv->columns; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", csv->names[i]);
	err_set(g->err, ERR_USAGE, "%s has no column '%s'", csv->file, name);
	return err_hint(g->err, "it has: %s", names.s);
}

static int add_file_columns(struct grid *g, const char *name, const struct range *r)
{
	struct axis *x = file_axis(g, r->file);
	const char *wanted = r->column ? r->column : name;
	long field;
	if (!x)
		return -1;
	if (name) {
		field = csv_column(&x->csv, wanted);
		return field < 0 ? no_such_column(g, &x->csv, wanted)
				 : add_column(g, name, r, x, (size_t)field);
	}
	for (size_t i = 0; i < x->csv.columns; i++)
		if (add_column(g, x->csv.names[i], r, x, i) < 0)
			return -1;
	return 0;
}

static int add_given(struct grid *g, const char *name, const char *text, bool random)
{
	struct range r;
	if (range_parse(g->a, text, &r, g->err) < 0)
		return name ? err_wrap(g->err, "parameter '%s'", name) : -1;
	if (!name && r.column)
		return err_set(g->err, ERR_USAGE, "%s: -P NAME%s is expected", text,
		    "=@FILE:COLUMN");
	if (r.kind == RANGE_COLUMN)
		return add_file_columns(g, name, &r);
	if (r.kind != RANGE_VALUES && !random) {
		err_set(g->err, ERR_USAGE, "parameter '%s': %s is random", name, text);
		return err_hint(g->err, "say how many points: --random N");
	}
	return add_column(g, name, &r, add_axis(g, r.kind == RANGE_VALUES ? r.n : 0), 0);
}

/* The row at these places of the axes. */
static const char **row_at(struct grid *g, const size_t *at, uint64_t *state)
{
	const char **row = arena_array(g->a, g->ncolumns, sizeof(*row));
	for (size_t i = 0; i < g->ncolumns; i++) {
		const struct column *c = &g->columns[i];
		const struct axis *x = &g->axes[c->axis];
		row[i] = x->file    ? x->csv.rows[at[c->axis]][c->field]
			 : x->n > 0 ? c->range.v[at[c->axis]]
				    : range_draw(g->a, &c->range, state);
	}
	return row;
}

/* How many there are; more than `most` is all the same. */
static size_t count_all(const struct grid *g, size_t most)
{
	size_t all = 1;
	for (size_t i = 0; i < g->naxes && all <= most; i++)
		all = g->axes[i].n == 0 || g->axes[i].n > most ? most + 1
							       : all * g->axes[i].n;
	return all > most ? most + 1 : all;
}

static int make_all(struct grid *g, struct points *out)
{
	size_t *at = arena_array(g->a, g->naxes + 1, sizeof(*at));
	size_t all = count_all(g, POINTS_MAX);
	if (all > POINTS_MAX)
		return err_set(g->err, ERR_USAGE, "more than %d points", POINTS_MAX);
	for (size_t k = 0; k < all; k++) {
		points_add(g->a, out, row_at(g, at, NULL));
		for (size_t i = g->naxes; i-- > 0 && ++at[i] == g->axes[i].n;)
			at[i] = 0;
	}
	return 0;
}

/* splitmix64: any seed gives a state that the generator can begin with. */
static uint64_t state_of(uint64_t seed)
{
	uint64_t z = seed + 0x9E3779B97F4A7C15ULL;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
	z ^= z >> 31;
	return z ? z : 1;
}

static void draw_places(const struct grid *g, size_t *at, uint64_t *state)
{
	for (size_t i = 0; i < g->naxes; i++)
		at[i] = g->axes[i].n ? range_draw_index(g->axes[i].n, state) : 0;
}

static int make_random(struct grid *g, const struct points_want *w,
    const struct points *known, struct points *out)
{
	size_t *at = arena_array(g->a, g->naxes + 1, sizeof(*at));
	uint64_t state = state_of(w->seed);
	size_t misses = 0;
	if (w->random > POINTS_MAX)
		return err_set(g->err, ERR_USAGE, "more than %d points", POINTS_MAX);
	while (out->n < w->random && misses < 1000) {
		const char **row;
		draw_places(g, at, &state);
		row = row_at(g, at, &state);
		if (points_find(out, row) || (known && points_find(known, row)))
			misses++;
		else
			points_add(g->a, out, row);
	}
	return 0;
}

int points_make(struct arena *a, const struct points_want *w, const struct points *known,
    struct points *out, struct err *err)
{
	struct grid g = {.a = a, .err = err};
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < w->ngiven; i++)
		if (add_given(&g, w->given[i].name, w->given[i].text, w->random > 0) < 0)
			return -1;
	out->names = arena_array(a, g.ncolumns + 1, sizeof(*out->names));
	out->nparams = g.ncolumns;
	for (size_t i = 0; i < g.ncolumns; i++)
		out->names[i] = g.columns[i].name;
	return w->random ? make_random(&g, w, known, out) : make_all(&g, out);
}

/* FNV-1a over the texts and their ends. */
static size_t hash_of(const struct points *p, const char *const *row)
{
	uint64_t h = 14695981039346656037ULL;
	for (size_t i = 0; i < p->nparams; i++)
		for (const char *c = row[i];; c++) {
			h = (h ^ (unsigned char)*c) * 1099511628211ULL;
			if (!*c)
				break;
		}
	return (size_t)(h ^ (h >> 32));
}

static bool is_same(const struct points *p, const char *const *a, const char *const *b)
{
	for (size_t i = 0; i < p->nparams; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* Where it is, or would be. */
static size_t *place_of(const struct points *p, const char *const *row)
{
	size_t at = hash_of(p, row) & (p->places - 1);
	while (p->index[at] && !is_same(p, p->rows[p->index[at] - 1], row))
		at = (at + 1) & (p->places - 1);
	return &p->index[at];
}

size_t points_find(const struct points *p, const char *const *row)
{
	return p->places ? *place_of(p, row) : 0;
}

static void grow_index(struct arena *a, struct points *p)
{
	p->places = p->places ? p->places * 2 : 64;
	p->index = arena_array(a, p->places, sizeof(*p->index));
	for (size_t i = 0; i < p->n; i++) {
		size_t *place = place_of(p, p->rows[i]);
		*place = *place ? *place : i + 1;
	}
}

void points_add(struct arena *a, struct points *p, const char **row)
{
	size_t *place;
	if (2 * p->n >= p->places)
		grow_index(a, p);
	ARENA_GROW(a, p->rows, p->n);
	p->rows[p->n++] = row;
	place = place_of(p, row);
	*place = *place ? *place : p->n; /* of equal ones the first */
}

static long column_of(const struct points *p, const char *name)
{
	for (size_t i = 0; i < p->nparams; i++)
		if (strcmp(p->names[i], name) == 0)
			return (long)i;
	return -1;
}

static int match_columns(const struct points *to, const struct points *from,
    long place[POINTS_PARAMS_MAX], struct err *err)
{
	for (size_t i = 0; i < from->nparams; i++)
		if (column_of(to, from->names[i]) < 0)
			return err_set(err, ERR_USAGE,
			    "the points that are there have no parameter '%s'",
			    from->names[i]);
	for (size_t i = 0; i < to->nparams; i++) {
		place[i] = column_of(from, to->names[i]);
		if (place[i] < 0)
			return err_set(err, ERR_USAGE,
			    "parameter '%s', which the points that are there have, is "
			    "missing",
			    to->names[i]);
	}
	return 0;
}

int points_merge(
    struct arena *a, struct points *to, const struct points *from, struct err *err)
{
	long place[POINTS_PARAMS_MAX];
	if (match_columns(to, from, place, err) < 0)
		return -1;
	for (size_t i = 0; i < from->n; i++) {
		const char **row = arena_array(a, to->nparams + 1, sizeof(*row));
		for (size_t k = 0; k < to->nparams; k++)
			row[k] = from->rows[i][place[k]];
		if (points_find(to, row))
			continue;
		if (to->n == POINTS_MAX)
			return err_set(err, ERR_USAGE, "more than %d points", POINTS_MAX);
		points_add(a, to, row);
	}
	return 0;
}
