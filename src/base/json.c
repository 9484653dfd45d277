/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>

#include "base/alloc.h"
#include "base/utf8.h"

cJSON *json_parse(const char *text, size_t n, const char *what, struct err *err)
{
	const char *end = NULL;
	cJSON *j = cJSON_ParseWithLengthOpts(text, n, &end, false);
	if (!j) {
		err_set(err, ERR_FAIL, "%s is not valid JSON (at byte %zu)", what,
		    end ? (size_t)(end - text) : 0);
		return NULL;
	}
	while ((size_t)(end - text) < n && (*end == '\0' || strchr(" \t\r\n", *end)))
		end++;
	if ((size_t)(end - text) < n) {
		cJSON_Delete(j);
		err_set(err, ERR_FAIL, "%s has text behind its JSON value (at byte %zu)",
		    what, (size_t)(end - text));
		return NULL;
	}
	return j;
}

const cJSON *json_get(const cJSON *obj, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(obj, name);
}

const char *json_str(const cJSON *obj, const char *name)
{
	return cJSON_GetStringValue(json_get(obj, name));
}

bool json_bool(const cJSON *obj, const char *name, bool fallback)
{
	const cJSON *j = json_get(obj, name);
	return cJSON_IsBool(j) ? cJSON_IsTrue(j) : fallback;
}

int64_t json_int(const cJSON *obj, const char *name, int64_t fallback)
{
	const cJSON *j = json_get(obj, name);
	/* valueint saturates at INT_MAX; a double is exact up to 2^53 */
	if (!cJSON_IsNumber(j) || fabs(j->valuedouble) > 9007199254740992.0)
		return fallback;
	return (int64_t)j->valuedouble;
}

void json_put(cJSON *to, const char *name, cJSON *item)
{
	if (!item)
		alloc_abort(sizeof(cJSON));
	if (name)
		cJSON_AddItemToObject(to, name, item);
	else
		cJSON_AddItemToArray(to, item);
}

/* cJSON copies bytes as they are: what is not UTF-8 becomes U+FFFD, so that we write JSON. */
void json_put_str(cJSON *to, const char *name, const char *s)
{
	auto_buf b = BUF_INIT;
	size_t n = s ? strlen(s) : 0, ok;
	if (!s) {
		json_put_null(to, name);
		return;
	}
	while ((ok = utf8_valid_prefix(s, n)) < n) {
		buf_add(&b, s, ok);
		buf_adds(&b, "\xef\xbf\xbd");
		s += ok + 1;
		n -= ok + 1;
	}
	buf_add(&b, s, n);
	json_put(to, name, cJSON_CreateString(b.s));
}

void json_put_int(cJSON *to, const char *name, int64_t v)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, v);
	json_put(to, name, cJSON_CreateRaw(text));
}

void json_put_double(cJSON *to, const char *name, double v)
{
	if (isnan(v))
		json_put_str(to, name, "NaN");
	else if (isinf(v))
		json_put_str(to, name, v > 0 ? "Infinity" : "-Infinity");
	else
		json_put(to, name, cJSON_CreateNumber(v));
}

void json_put_bool(cJSON *to, const char *name, bool v)
{
	json_put(to, name, cJSON_CreateBool(v));
}

void json_put_null(cJSON *to, const char *name)
{
	json_put(to, name, cJSON_CreateNull());
}

cJSON *json_put_object(cJSON *to, const char *name)
{
	cJSON *j = cJSON_CreateObject();
	json_put(to, name, j);
	return j;
}

cJSON *json_put_array(cJSON *to, const char *name)
{
	cJSON *j = cJSON_CreateArray();
	json_put(to, name, j);
	return j;
}

void json_print(struct buf *out, const cJSON *j, bool indented)
{
	char *text = indented ? cJSON_Print(j) : cJSON_PrintUnformatted(j);
	if (!text)
		alloc_abort(0);
	buf_adds(out, text);
	free(text);
}

void json_put_bytes(cJSON *to, const char *name, const char *s)
{
	auto_buf hex = BUF_INIT;
	if (!s)
		return;
	if (utf8_valid_prefix(s, strlen(s)) == strlen(s)) {
		json_put_str(to, name, s);
		return;
	}
	for (; *s; s++)
		buf_addf(&hex, "%02x", (unsigned char)*s);
	json_put_str(json_put_object(to, name), "bytes", hex.s);
}

static const char *from_hex(const char *hex, struct arena *a)
{
	size_t n = strlen(hex);
	char *s;
	if (n % 2 || strspn(hex, "0123456789abcdef") != n)
		return NULL;
	s = arena_alloc(a, n / 2 + 1);
	for (size_t i = 0; i < n / 2; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
		s[i] = (char)strtol(pair, NULL, 16);
	}
	return s;
}

const char *json_bytes_of(const cJSON *value, struct arena *a)
{
	const char *hex = cJSON_IsObject(value) ? json_str(value, "bytes") : NULL;
	return hex ? from_hex(hex, a) : cJSON_IsString(value) ? value->valuestring : NULL;
}

const char *json_bytes(const cJSON *obj, const char *name, struct arena *a)
{
	return json_bytes_of(json_get(obj, name), a);
}
