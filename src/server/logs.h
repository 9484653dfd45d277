/* SPDX-License-Identifier: MIT */
/*
 * logs.h -- one line for each request, and what goes wrong.
 *
 * Text:  2026-11-21T03:30:12.042Z 127.0.0.1 ann POST /api/2.0/mlflow/runs/create 200 512 0.8ms 5f1c-17 "agent"
 * JSON:  {"time":"2026-11-21T03:30:12.042Z","peer":...,"user":...,"method":...,"path":...,
 *         "status":200,"bytes":512,"ms":0.8,"id":"5f1c-17","agent":...}
 *
 * Paths are without prefix and query, so that no key and no search gets into a log; of a
 * request without the prefix there is no path at all.
 */
#ifndef LOGS_H
#define LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct logs {
	const char *file; /* borrowed; NULL: none, "-": standard output */
	int access;	  /* -1: none */
	bool json;
};

int logs_open(struct logs *logs, const char *file, bool json, struct err *err);
/* After the file was moved away: a new one of its name. */
int logs_reopen(struct logs *logs, struct err *err);
void logs_close(struct logs *logs);

struct log_entry {
	const char *peer, *user, *method, *path, *id, *agent; /* NULL: none */
	int status;
	int64_t bytes, us;
};
void logs_access(const struct logs *logs, const struct log_entry *entry);

/* "mlp server: text" on standard error. */
void logs_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void logs_error(const struct err *err);

#endif
