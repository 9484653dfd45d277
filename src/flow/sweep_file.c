/* SPDX-License-Identifier: MIT */
/* sweep_file.c -- the table of a sweep's points on disk (declared in sweep.h). */
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "flow/requestjson.h"
#include "flow/rerun.h"
#include "flow/sweep.h"

enum { FORMAT = 1, FILE_MAX = 256 << 20 };

static void put_project(cJSON *j, const struct sweep_project *p)
{
	cJSON *o = json_put_object(j, "project");
	json_put_str(o, "uri", p->uri);
	json_put_str(o, "commit", p->commit);
	json_put_str(o, "branch", p->branch);
	json_put_str(o, "sha256", p->sha256);
	json_put_str(o, "manifest_sha256", p->manifest);
	json_put_str(o, "command", p->command);
	json_put_bool(o, "local", p->local);
	json_put_bool(o, "dirty", p->dirty);
}

static void put_points(cJSON *j, const struct sweep *s, struct arena *a)
{
	const struct points *p = &s->points;
	cJSON *names = json_put_array(j, "names"), *rows = json_put_array(j, "points");
	for (size_t i = 0; i < p->nparams; i++)
		json_put_str(names, NULL, p->names[i]);
	for (size_t i = 0; i < p->n; i++) {
		cJSON *row = json_put_array(rows, NULL);
		for (size_t k = 0; k < p->nparams; k++)
			json_put_str(row, NULL, sweep_shown(s, a, i, k));
	}
}

static void put_want(cJSON *j, const struct sweep *s, struct arena *a)
{
	const struct points_want *w = &s->want;
	cJSON *list = json_put_array(j, "given");
	for (size_t i = 0; i < w->ngiven; i++) {
		cJSON *o = json_put_object(list, NULL);
		json_put_str(o, "name", w->given[i].name);
		json_put_str(o, "values", sweep_given_shown(s, a, i));
	}
	json_put_int(j, "random", (int64_t)w->random);
	/* a text: JSON's numbers end at 2^53 */
	json_put_str(j, "seed", arena_printf(a, "%llu", (unsigned long long)w->seed));
}

/*
 * Others may read the table: what is secret in the URI is not in it.  What is in the cache
 * is found without, an archive by its digest.
 */
static void put_request(cJSON *j, const struct sweep *s, struct arena *a)
{
	struct run_request rq = s->rq;
	rq.uri = url_public(a, rq.uri);
	if (strcmp(rq.uri, s->rq.uri) != 0 && s->project.sha256)
		rq.uri = rerun_pinned(a, rq.uri, s->project.sha256);
	json_put(j, "request", request_to_json(&rq));
}

int sweep_save(const struct sweep *s, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	json_put_int(j, "format", FORMAT);
	json_put_str(j, "cwd", s->there.cwd);
	put_request(j, s, &a);
	put_project(j, &s->project);
	json_put_str(j, "metric", s->metric);
	json_put_str(j, "goal", s->maximize ? "max" : "min");
	put_want(j, s, &a);
	put_points(j, s, &a);
	json_print(&text, j, false);
	buf_addc(&text, '\n');
	return file_write(
	    path_join(&a, s->log_dir, "sweep.json"), text.s, text.len, 0644, err);
}

static void take_project(const cJSON *o, struct sweep_project *p)
{
	*p = (struct sweep_project){.uri = json_str(o, "uri"),
	    .commit = json_str(o, "commit"),
	    .branch = json_str(o, "branch"),
	    .sha256 = json_str(o, "sha256"),
	    .manifest = json_str(o, "manifest_sha256"),
	    .command = json_str(o, "command"),
	    .local = json_bool(o, "local", true),
	    .dirty = json_bool(o, "dirty", false)};
}

static bool take_want(const cJSON *j, struct points_want *w)
{
	const char *seed = json_str(j, "seed");
	const cJSON *o;
	int64_t random = json_int(j, "random", 0);
	cJSON_ArrayForEach(o, json_get(j, "given"))
	{
		if (w->ngiven == POINTS_PARAMS_MAX || !json_str(o, "values"))
			return false;
		w->given[w->ngiven].name = json_str(o, "name");
		w->given[w->ngiven++].text = json_str(o, "values");
	}
	w->random = random > 0 && random <= POINTS_MAX ? (size_t)random : 0;
	w->seed = seed ? strtoull(seed, NULL, 10) : 0;
	return true;
}

static bool take_row(struct arena *a, const cJSON *j, struct points *p)
{
	const char **row = arena_array(a, p->nparams + 1, sizeof(*row));
	const cJSON *o;
	size_t n = 0;
	cJSON_ArrayForEach(o, j)
	{
		if (n == p->nparams || !cJSON_IsString(o))
			return false;
		row[n++] = o->valuestring;
	}
	if (n < p->nparams || p->n == POINTS_MAX)
		return false;
	points_add(a, p, row);
	return true;
}

static bool take_points(struct arena *a, const cJSON *j, struct points *p)
{
	const cJSON *o;
	cJSON_ArrayForEach(o, json_get(j, "names"))
	{
		if (p->nparams == POINTS_PARAMS_MAX || !cJSON_IsString(o))
			return false;
		ARENA_GROW(a, p->names, p->nparams);
		p->names[p->nparams++] = o->valuestring;
	}
	cJSON_ArrayForEach(o, json_get(j, "points"))
	{
		if (!take_row(a, o, p))
			return false;
	}
	return true;
}

/* The strings of s are its own; it lives as long as the sweep does. */
static int take_all(struct sweep *s, cJSON *j, const char *path, struct err *err)
{
	const char *goal = json_str(j, "goal");
	if (request_from_json(json_get(j, "request"), s->a, &s->rq, err) < 0)
		return err_wrap(err, "'%s'", path);
	take_project(json_get(j, "project"), &s->project);
	s->there.cwd = json_str(j, "cwd") ? json_str(j, "cwd") : s->ctx->cwd;
	s->metric = s->metric ? s->metric : json_str(j, "metric");
	if (!s->goal_given)
		s->maximize = goal && strcmp(goal, "max") == 0;
	if (!take_want(j, &s->want) || !take_points(s->a, j, &s->points) ||
	    s->points.n == 0 || !s->rq.uri)
		return err_set(err, ERR_FAIL, "'%s' is damaged", path);
	return 0;
}

int sweep_load(struct sweep *s, const char *log_dir, struct err *err)
{
	const char *path = path_join(s->a, log_dir, "sweep.json");
	auto_buf text = BUF_INIT;
	if (file_read(path, FILE_MAX, &text, err) < 0)
		return -1;
	s->file = json_parse(text.s, text.len, path, err);
	if (!s->file)
		return -1;
	if (json_int(s->file, "format", 0) > FORMAT)
		return err_set(err, ERR_UNSUPPORTED, "'%s' is of a newer mlp", path);
	return take_all(s, s->file, path, err);
}
