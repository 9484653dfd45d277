/* SPDX-License-Identifier: MIT */
/*
 * event.h -- a helper program's own side of the pipe (helper.h has the other): one request
 * line on stdin, then events on stdout, one JSON object a line.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

/* The throttle of the progress events of one operation. */
struct meter {
	const char *what; /* the step that was last reported */
	long long last_ms;
	long long done, bytes; /* as last reported */
	int touch;	       /* a file whose time shows others our progress, or -1 */
};
#define METER_INIT                                                                       \
	{                                                                                \
		.touch = -1                                                              \
	}

void event_hello(void);
/* The request line; it may lack the newline at its end. */
int event_request(struct buf *line, struct err *err);
void event_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* At most ten a second, and none when nothing has moved; a step's last one always goes
 * out. */
void event_progress(
    struct meter *m, const char *what, long long done, long long total, long long bytes);
void event_error(const struct err *err);
/* Takes over `ev`, an object with the answer's members. */
void event_done(cJSON *ev);

/* For a program whose standard output is not for events. */
cJSON *event_of_hello(void);
cJSON *event_of_error(const struct err *err);
/* Takes over `ev`.  0, or -1 with errno; a closed socket is SIGPIPE, unless ignored. */
int event_send(int fd, const char *kind, cJSON *ev);

#endif
