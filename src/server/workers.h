/* SPDX-License-Identifier: MIT */
/*
 * workers.h -- threads that do what may take long, so that those of the connections never
 * wait for a database or a disk.  In the order of their coming, but only WRITERS of the
 * jobs that write at a time: they queue for one lock anyway, and while another program
 * holds it the others are served.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <stdbool.h>

#include "base/err.h"

enum { WORKERS = 4, WRITERS = 2 };

/* Part of what is to be done; `run` is called once, by one of the threads. */
struct job {
	struct job *next;
	bool writes;
	void (*run)(struct job *job);
};

struct workers;
int workers_start(struct workers **out, struct err *err);
void workers_add(struct workers *w, struct job *job);
/* There are jobs, waiting or being done.  NULL is fine, here and below. */
bool workers_busy(struct workers *w);
/* When there are none. */
void workers_stop(struct workers *w);

#endif
