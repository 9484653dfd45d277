/* SPDX-License-Identifier: MIT */
/* member.h -- which names and links of an archive may be made.  Pure text. */
#ifndef MEMBER_H
#define MEMBER_H

#include "base/buf.h"
#include "base/err.h"

/*
 * The path of a member below the root, into *out: no "." components, no doubled or final
 * slash; "" for the root itself.  Refused, naming it: absolute, "..", not UTF-8, longer
 * than `max` bytes, a component over 255 bytes.
 */
int member_path(const char *name, size_t max, struct buf *out, struct err *err);

/*
 * May the symbolic link at `path` (as member_path gave it) have this target?  Only a
 * relative one that climbs at its beginning alone, and not above the root: where all links
 * are like that and lie in real directories, none of them leads out.
 */
int member_check_target(const char *path, const char *target, struct err *err);

#endif
