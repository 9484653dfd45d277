/* SPDX-License-Identifier: MIT */
/*
 * json.h -- the only user of cJSON: reading with types checked, and the few shapes that we
 * write.  Unknown is null; NaN and the infinities are the strings "NaN", "Infinity" and
 * "-Infinity"; 64-bit integers are written exactly.
 */
#ifndef JSON_H
#define JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

static inline void cleanup_json_(cJSON **j)
{
	cJSON_Delete(*j);
}
#define auto_json __attribute__((cleanup(cleanup_json_))) cJSON *

/* The whole text must be one value; `what` names it in the error.  NULL on failure. */
cJSON *json_parse(const char *text, size_t n, const char *what, struct err *err);

/* Members of an object; names are compared exactly.  NULL / false / fallback: not there. */
const cJSON *json_get(const cJSON *obj, const char *name);
const char *json_str(const cJSON *obj, const char *name);
bool json_bool(const cJSON *obj, const char *name, bool fallback);
int64_t json_int(const cJSON *obj, const char *name, int64_t fallback);

/* Add a member (or, name NULL, an array element).  A NULL string becomes null. */
void json_put_str(cJSON *to, const char *name, const char *s);
void json_put_int(cJSON *to, const char *name, int64_t v);
void json_put_double(cJSON *to, const char *name, double v);
void json_put_bool(cJSON *to, const char *name, bool v);
void json_put_null(cJSON *to, const char *name);
cJSON *json_put_object(cJSON *to, const char *name);
cJSON *json_put_array(cJSON *to, const char *name);
/* Takes ownership of item. */
void json_put(cJSON *to, const char *name, cJSON *item);

/*
 * A string that must come back as it was, also where it is no UTF-8: it is an object with
 * its bytes then.  NULL: nothing is put.  Read with json_bytes: NULL where it is not there;
 * borrowed from obj, or in the arena.
 */
void json_put_bytes(cJSON *to, const char *name, const char *s);
const char *json_bytes(const cJSON *obj, const char *name, struct arena *a);
/* The same of a value, or an element of an array. */
const char *json_bytes_of(const cJSON *value, struct arena *a);

/* Append the text of j: indented for people, or on one line. */
void json_print(struct buf *out, const cJSON *j, bool indented);

#endif
