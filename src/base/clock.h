/* SPDX-License-Identifier: MIT */
/* clock.h -- time: milliseconds since the epoch, and durations in milliseconds. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Wall clock, ms since the epoch. */
int64_t clock_now_ms(void);
/* Monotonic, ms since some fixed moment: for deadlines and durations only. */
int64_t clock_mono_ms(void);

/* "2026-11-21 03:30:12", local time. */
void clock_format(struct buf *out, int64_t ms);
/* For people: "340 ms", "4.2 s", "3 min 20 s", "2 h 5 min". */
void clock_format_duration(struct buf *out, int64_t ms);
/* "30", "30s", "1.5m", "2h", "500ms", "1d" -> ms (a bare number is seconds); > 0. */
int clock_parse_duration(const char *text, int64_t *ms, struct err *err);

#endif
