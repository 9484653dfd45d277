/* SPDX-License-Identifier: MIT */
/* objects.h -- all objects of one repository made present in another, without a copy. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "base/err.h"
#include "base/event.h"

/*
 * Link the files of the objects directory `from`, and of its alternates, into `to`; copy
 * them where a link cannot be (another file system, another owner).
 */
int objects_bring(const char *from, const char *to, struct meter *meter, struct err *err);

#endif
