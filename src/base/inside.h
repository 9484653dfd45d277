/* SPDX-License-Identifier: MIT */
/* inside.h -- is anybody at work in a directory? */
#ifndef INSIDE_H
#define INSIDE_H

#include <stdbool.h>

/*
 * A process of ours has its working directory at or below `dir`.  Says what the kernel
 * lets us see: nothing of other users' processes.
 */
bool process_inside(const char *dir);

#endif
