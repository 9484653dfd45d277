/* SPDX-License-Identifier: MIT */
/* fetcher.h -- asking mlp-fetch for an archive's members or a file. */
#ifndef FETCHER_H
#define FETCHER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"
#include "base/json.h"

/* As src/fetch/request.h has it; NULL: none. */
struct fetcher_ask {
	const char *op; /* "extract", "peek", "download" */
	const char *url, *path, *shown, *host, *sha256;
	const char *store; /* NULL: <cache>/downloads */
	const char *dest, *subdir;
	bool sniff; /* ERR_CONFLICT or ERR_NOTFOUND: it is no archive */
};

int fetcher_ask(
    const struct ctx *ctx, const struct fetcher_ask *q, cJSON **done, struct err *err);

#endif
