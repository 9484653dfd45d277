/* SPDX-License-Identifier: MIT */
/*
 * route.h -- one row for each thing that can be asked: routes.c has the table.
 *
 * `path` is what follows the API's root ("runs/get"), and may have placeholders
 * ("logged-models/{model_id}/tags/{key}"), whose values are read into the message as if
 * they stood in the query.  `roots` says under which roots it answers.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "api/api.h"
#include "api/message.h"

enum route_root {
	ROOT_API2 = 1,	/* /api/2.0/mlflow/ */
	ROOT_AJAX2 = 2, /* /ajax-api/2.0/mlflow/ */
	ROOT_API3 = 4,	/* /api/3.0/mlflow/ and /ajax-api/3.0/mlflow/ */
	ROOT_TOP = 8,	/* / */
	ROOT_BOTH2 = ROOT_API2 | ROOT_AJAX2,
	ROOT_ALL = ROOT_BOTH2 | ROOT_API3,
};
enum route_flags {
	ROUTE_WRITES = 1,  /* refused by a read-only server */
	ROUTE_TEXT = 2,	   /* the reply is struct text_reply, sent as text/plain */
	ROUTE_REMOVES = 4, /* and leaves no trace: struct api, killed_before */
};

struct text_reply {
	const char *text;
};

/*
 * `in` and `out` are structs of the row's messages, `out` zeroed before; they live in `a`
 * (NULL where the row has none).
 */
typedef int route_handler(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err);

struct route {
	enum api_method method;
	const char *path;
	unsigned roots, flags;
	const struct message *in, *out; /* NULL: nothing is read; {} is answered */
	route_handler *handle;
};
extern const struct route routes[]; /* ended by one without a path */

/*
 * The row, with the placeholders' values appended to *query.  NULL: there is none; *methods
 * says (a bit 1 << api_method each) what the path has instead.
 */
const struct route *route_find(struct arena *a, enum api_method method, const char *path,
    struct kvs *query, unsigned *methods);

#endif
