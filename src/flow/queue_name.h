/* SPDX-License-Identifier: MIT */
/* queue_name.h -- the names of entries, for the files of the queue alone (queue.h). */
#ifndef QUEUE_NAME_H
#define QUEUE_NAME_H

#include "flow/queue.h"

/* Fill in e->name and e->run_id from the rest of *e. */
void queue_name(struct queue_entry *e, int64_t seq, const char *run_id);
/* False: it is no entry's. */
bool queue_name_parse(const char *name, struct queue_entry *e, int64_t *seq);
/* Where that entry is; the directory itself, with a slash, for "". */
const char *queue_file(
    const struct ctx *ctx, struct arena *a, enum queue_where where, const char *name);

/* Under the lock: where it waits now.  ERR_NOTFOUND. */
int queue_refind(const struct ctx *ctx, struct arena *a, const struct queue_entry *e,
    struct queue_entry *now, struct err *err);

#endif
