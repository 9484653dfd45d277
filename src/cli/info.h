/* SPDX-License-Identifier: MIT */
/* info.h -- a project and its entry points for people. */
#ifndef INFO_H
#define INFO_H

#include "cli/cli.h"
#include "manifest/manifest.h"

/* Name, command and a line per parameter: "-P lr  float = 0.1". */
void info_print_entry(struct buf *b, const struct entry_point *ep);
/* The whole project: name, environment, every entry point. */
void info_print(struct buf *b, const struct manifest *m);

#endif
