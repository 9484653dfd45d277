/* SPDX-License-Identifier: MIT */
#include "api/route.h"

static const struct {
	const char *prefix;
	unsigned root;
} roots[] = {
    {"/api/2.0/mlflow/", ROOT_API2},
    {"/ajax-api/2.0/mlflow/", ROOT_AJAX2},
    {"/api/3.0/mlflow/", ROOT_API3},
    {"/ajax-api/3.0/mlflow/", ROOT_API3},
    {"/", ROOT_TOP},
};

/* "{name}" at p takes the path's segment at s. */
static void take(struct arena *a, struct kvs *found, const char *p, const char *s)
{
	ARENA_GROW(a, found->v, found->n);
	found->v[found->n].key = arena_strndup(a, p + 1, strcspn(p, "}") - 1);
	found->v[found->n++].value = arena_strndup(a, s, strcspn(s, "/"));
}

static bool match(struct arena *a, const char *p, const char *s, struct kvs *found)
{
	while (*p) {
		if (*p == '{') {
			if (!*s || *s == '/')
				return false;
			take(a, found, p, s);
			p += strcspn(p, "}") + 1;
			s += strcspn(s, "/");
		} else if (*p++ != *s++) {
			return false;
		}
	}
	return *s == '\0';
}

static void append(struct arena *a, struct kvs *to, const struct kvs *more)
{
	struct kv *v;
	if (more->n == 0)
		return;
	v = arena_array(a, to->n + more->n, sizeof(*v));
	if (to->n)
		memcpy(v, to->v, to->n * sizeof(*v));
	memcpy(v + to->n, more->v, more->n * sizeof(*v));
	*to = (struct kvs){v, to->n + more->n};
}

static const struct route *find(struct arena *a, enum api_method method, unsigned root,
    const char *rest, struct kvs *query, unsigned *methods)
{
	for (const struct route *r = routes; r->path; r++) {
		struct kvs found = {0};
		if (!(r->roots & root) || !match(a, r->path, rest, &found))
			continue;
		*methods |= 1u << r->method;
		if (r->method != method)
			continue;
		append(a, query, &found);
		return r;
	}
	return NULL;
}

const struct route *route_find(struct arena *a, enum api_method method, const char *path,
    struct kvs *query, unsigned *methods)
{
	const struct route *r = NULL;
	*methods = 0;
	for (size_t i = 0; !r && i < sizeof(roots) / sizeof(roots[0]); i++) {
		size_t n = strlen(roots[i].prefix);
		if (strncmp(path, roots[i].prefix, n) == 0)
			r = find(a, method, roots[i].root, path + n, query, methods);
	}
	return r;
}
