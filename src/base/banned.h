/* SPDX-License-Identifier: MIT */
/*
 * banned.h -- force-included everywhere: calls that have a safer sibling in src/base
 * become compile errors.
 */
#ifndef BANNED_H
#define BANNED_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#undef sprintf /* macros where glibc checks sizes */
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison system popen localtime gmtime asctime mktemp tmpnam tempnam

/* not poisoned: a member of libgit2's structs has this name */
char *ctime(const time_t *t) __THROW __attribute__((deprecated("use base/clock.h")));

#endif
