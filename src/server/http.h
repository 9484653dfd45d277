/* SPDX-License-Identifier: MIT */
/* http.h -- HTTP on the server's sockets, by libmicrohttpd; its only user. */
#ifndef HTTP_H
#define HTTP_H

#include "server/server.h"

struct http;

/* Threads that answer.  Call with the signals blocked that main() waits for. */
int http_start(struct server *sv, struct http **out, struct err *err);
/* Close connections whose clients have left: to be called every few seconds. */
void http_tidy(struct http *http);
/*
 * Accept nobody any more, let requests under way finish for `ms` at most, close all
 * connections.  -1: some are still being answered, and nothing was freed.  NULL is fine.
 */
int http_stop(struct http *http, int64_t ms);

#endif
