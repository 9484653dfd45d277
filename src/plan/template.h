/* SPDX-License-Identifier: MIT */
/*
 * template.h -- `{name}` in a command, with the rules of Python's str.format, which
 * MLflow applies to the whole command: {{ and }} are braces, {name!r} and {name:>5} work,
 * one pass only.  What would be a Python traceback there is an error with a place here.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "base/buf.h"

/* Where it went wrong: offset is in bytes from the start of the template. */
struct template_error {
	size_t offset;
	char message[512];
	char hint[512]; /* "" when there is none */
	char name[256]; /* the unknown parameter's name, "" for other mistakes */
};

/* The text for a name (n bytes, not terminated), or NULL when there is no such name. */
typedef const char *template_lookup(void *arg, const char *name, size_t n);

/* Append the expansion to out.  -1: *te says where and why; out is then undefined. */
int template_expand(const char *text, template_lookup *lookup, void *arg, struct buf *out,
    struct template_error *te);

/* The result may not be longer than this many bytes. */
enum { TEMPLATE_MAX = 4 << 20 };

#endif
