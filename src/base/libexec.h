/* SPDX-License-Identifier: MIT */
/*
 * libexec.h -- where our helper programs are.
 */
#ifndef LIBEXEC_H
#define LIBEXEC_H

#include "base/arena.h"

/*
 * MLP_LIBEXEC, but not for a program that runs with borrowed rights (AT_SECURE).  Else,
 * from the absolute path of our own program or library: ../libexec/mlp (installed),
 * ../../libexec/mlp (lib/x86_64-linux-gnu), ../libexec (the build tree).  Else what was
 * configured.  `self` may be NULL: not known.
 */
const char *libexec_find(struct arena *a, const char *self);

/* /proc/self/exe, or NULL. */
const char *libexec_own_program(struct arena *a);

#endif
