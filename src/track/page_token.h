/* SPDX-License-Identifier: MIT */
/*
 * page_token.h -- where a page ended: the values by which its last row was sorted, as text
 * for the client to hand back.  The next page begins behind them, so that what is added
 * meanwhile moves nothing, and the thousandth page costs no more than the second.
 *
 * A token is bound to its request by a sum over what was asked.  It is no secret and no
 * proof: one that is made up ends in a page of the same request that begins elsewhere.
 */
#ifndef PAGE_TOKEN_H
#define PAGE_TOKEN_H

#include "track/sql.h"

/* A sum over texts and numbers; begin with PAGE_SUM. */
#define PAGE_SUM 0xcbf29ce484222325u
uint64_t page_sum(uint64_t sum, const void *data, size_t n);
/* NULL counts as "". */
uint64_t page_sum_str(uint64_t sum, const char *s);
uint64_t page_sum_strs(uint64_t sum, const char *const *v, size_t n);

const char *page_token_make(
    struct arena *a, uint64_t request, const struct sql_value *v, size_t n);
/* Exactly n values; ERR_USAGE "Invalid page token, ...". */
int page_token_read(struct arena *a, const char *token, uint64_t request,
    struct sql_value *v, size_t n, struct err *err);

#endif
