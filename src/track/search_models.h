/* SPDX-License-Identifier: MIT */
/* search_models.h -- pages of registered models, of their versions and of logged models. */
#ifndef SEARCH_MODELS_H
#define SEARCH_MODELS_H

#include "track/logged_model.h"
#include "track/registered_model.h"
#include "track/search.h"

struct registered_models_found {
	struct registered_model *v; /* with tags, aliases and latest versions */
	size_t n;
	const char *next; /* the next page's token; NULL: there is none */
};
/* By name unless asked otherwise.  Prompts are left out unless the filter wants them. */
int registered_models_search(struct db *db, struct arena *a, const struct search_query *q,
    struct registered_models_found *out, struct err *err);

struct model_versions_found {
	struct model_version *v; /* with tags and aliases */
	size_t n;
	const char *next;
};
/* Likewise; those last changed first. */
int model_versions_search(struct db *db, struct arena *a, const struct search_query *q,
    struct model_versions_found *out, struct err *err);

struct logged_models_order {
	const char *field; /* an attribute or metrics.<key> */
	bool desc;
	const char *dataset_name, *dataset_digest; /* of the metric; NULL: any */
};
struct logged_models_dataset {
	const char *name, *digest; /* NULL: any digest */
};
struct logged_models_query {
	struct search_query q; /* order_by is not looked at */
	const struct logged_models_order *order;
	size_t norder;
	/* Only metrics on these count, and there must be one. */
	const struct logged_models_dataset *datasets;
	size_t ndatasets;
};
enum { SEARCH_LOGGED_MODELS_DEFAULT = 100, SEARCH_LOGGED_MODELS_MAX = 50000 };
struct logged_models_found {
	struct logged_model *v; /* with tags, parameters and metrics */
	size_t n;
	const char *next;
};
/* max_results 0 is the default.  ERR_UNSUPPORTED: an older store. */
int logged_models_search(struct db *db, struct arena *a,
    const struct logged_models_query *q, struct logged_models_found *out,
    struct err *err);

#endif
