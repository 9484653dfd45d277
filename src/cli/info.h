/* SPDX-License-Identifier: MIT */
/* info.h -- an entry point for people. */
#ifndef INFO_H
#define INFO_H

#include "cli/cli.h"
#include "manifest/manifest.h"

/* Name, command and a line per parameter: "-P lr  float = 0.1". */
void info_print_entry(struct buf *b, const struct entry_point *ep);

#endif
