/* SPDX-License-Identifier: MIT */
/* names.h -- new run ids and names for runs that were given none. */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>

/* 32 hex digits from the kernel's generator (a version 4 UUID without dashes). */
void run_id_new(char out[33]);
/* "clever-fox-312": adjective-noun-number, as MLflow names a run that has no name. */
void run_name_new(char *out, size_t size);

#endif
