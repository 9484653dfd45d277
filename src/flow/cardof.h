/* SPDX-License-Identifier: MIT */
/* cardof.h -- a recorded run as a card, where its own is lost or never was. */
#ifndef CARDOF_H
#define CARDOF_H

#include "run/card.h"
#include "track/record.h"

/* What the record says; strings are the record's, or in the arena. */
void card_of_record(const struct ctx *ctx, struct arena *a, const char *store_uri,
    const struct run_record *run, struct card *out);
/* Only how it ended: state, exit, reason, exit code, time. */
void card_take_end(
    struct card *c, enum run_status status, const struct kvs *tags, int64_t end_time);

#endif
