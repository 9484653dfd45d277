/* SPDX-License-Identifier: MIT */
/*
 * message.h -- MLflow's messages: structs, and descriptions of them from which they are
 * read and written.  The same description serves a server that answers and a client that
 * asks.
 *
 * A message is a struct whose members are described by a table of struct field, ended by
 * one without a name:
 *
 *   FIELD_STR     const char *     NULL: absent
 *   FIELD_INT     int64_t          a JSON number or numeric string; absent: the default
 *   FIELD_DOUBLE  double           likewise; "NaN", "Infinity", "-Infinity"
 *   FIELD_BOOL    bool
 *   FIELD_ENUM    int              a name of `names`, any case, or its number; absent: dflt
 *   FIELD_MSG     struct m *       of `sub`; NULL: absent
 *   FIELD_STRS    struct strs
 *   FIELD_MSGS    struct msgs      an array of structs (not of pointers) of `sub`, or what
 *                                  looks the same: struct kvs
 *
 * Reading: unknown members are ignored, null is absent, camelCase names are accepted, a
 * wrong type is ERR_USAGE that names the field as MLflow does ("metrics[1].key").  Strings
 * live in the arena and hold no NUL.
 * Writing: what is absent (NULL, empty list, INT and ENUM equal to `dflt` when FIELD_OMIT
 * is set, DOUBLE and BOOL that are 0 likewise, ENUM without a name) is left out; doubles
 * always have a fraction or an exponent; NaN is "NaN"; what is no UTF-8 becomes U+FFFD.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "track/record.h"

enum field_kind {
	FIELD_STR,
	FIELD_INT,
	FIELD_DOUBLE,
	FIELD_BOOL,
	FIELD_ENUM,
	FIELD_MSG,
	FIELD_STRS,
	FIELD_MSGS,
};

enum field_flags {
	FIELD_REQUIRED = 1, /* absent (STR: or empty) is MLflow's "Missing value ..." */
	FIELD_OMIT = 2,	    /* INT: not written when it is dflt */
	FIELD_ALIAS = 4,    /* STR: an older name of another row's member: read where that
			     * is absent, never written */
	FIELD_KEEP = 8,	    /* a list: written when it is empty, too */
};

struct strs {
	const char **v;
	size_t n;
};
struct msgs {
	void *v; /* struct of the field's `sub`, `sub->size` bytes each */
	size_t n;
};

struct message;
struct field {
	const char *name;
	size_t offset;
	enum field_kind kind;
	unsigned flags;
	int64_t dflt; /* INT, ENUM, BOOL when absent */
	const char *const
	    *names; /* ENUM: by number, NULL-terminated; NULL holes are "" */
	const struct message *sub; /* MSG, MSGS */
};
struct message {
	size_t size;		    /* sizeof the struct */
	const struct field *fields; /* at most 64 */
};

/* A row of a table, and a message: FIELD(struct run_get, run_id, FIELD_STR, .flags = ...) */
#define FIELD(type, member, what, ...)                                                   \
	{                                                                                \
		.name = #member, .offset = offsetof(type, member), .kind = (what),       \
		__VA_ARGS__                                                              \
	}
#define MESSAGE(type, table)                                                             \
	{                                                                                \
		.size = sizeof(type), .fields = (table)                                  \
	}

/*
 * Into *out (m->size bytes, zeroed here).  `text` is one JSON object, or JSON text of one in
 * a string (as very old clients send); "" is {}.  `query` (NULL: none) is read after it,
 * and wins: a query string, or a path's placeholders.  Its values are text, repeated keys
 * make a list.  ERR_USAGE: a field is wrong or missing; ERR_FAIL: the text is no such JSON.
 */
int message_read(const struct message *m, struct arena *a, const char *text, size_t n,
    const struct kvs *query, void *out, struct err *err);

/* Append the JSON of the struct at `in`. */
void message_write(const struct message *m, const void *in, struct buf *out);

#endif
