/* SPDX-License-Identifier: MIT */
#include "track/page_token.h"

/*
 * The bytes behind the base64: a version, the request's sum, the values (a kind, then 8
 * bytes, or a length of 8 bytes and the text), a sum over all that.
 */
enum { VERSION = 1, TOKEN_MAX = 4 << 20 };
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

uint64_t page_sum(uint64_t sum, const void *data, size_t n)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return sum;
}

uint64_t page_sum_str(uint64_t sum, const char *s)
{
	return page_sum(sum, s ? s : "", s ? strlen(s) + 1 : 1);
}

uint64_t page_sum_strs(uint64_t sum, const char *const *v, size_t n)
{
	sum = page_sum(sum, &n, sizeof(n));
	for (size_t i = 0; i < n; i++)
		sum = page_sum_str(sum, v[i]);
	return sum;
}

static const char *base64(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1);
	size_t at = 0;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t w = (uint32_t)(unsigned char)s[i] << 16;
		w |= i + 1 < n ? (uint32_t)(unsigned char)s[i + 1] << 8 : 0;
		w |= i + 2 < n ? (unsigned char)s[i + 2] : 0;
		for (size_t k = 0; k < 4 && i + k <= n; k++)
			out[at++] = alphabet[w >> (18 - 6 * k) & 63];
	}
	out[at] = '\0';
	return out;
}

/* NULL: a character that does not belong there. */
static char *unbase64(struct arena *a, const char *s, size_t *n)
{
	char *out = arena_alloc(a, strlen(s) / 4 * 3 + 4);
	uint32_t w = 0;
	int bits = 0;
	*n = 0;
	for (; *s; s++) {
		const char *p = strchr(alphabet, *s);
		if (!p)
			return NULL;
		w = w << 6 | (uint32_t)(p - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[(*n)++] = (char)(w >> bits);
		}
	}
	/* bits that say nothing would let a token have two spellings */
	return bits < 6 && (w & ((1u << bits) - 1)) == 0 ? out : NULL;
}

static void put(struct buf *b, const struct sql_value *v)
{
	uint64_t length = v->n;
	buf_addc(b, (char)v->kind);
	if (v->kind == SQL_INT)
		buf_add(b, &v->i, 8);
	else if (v->kind == SQL_REAL)
		buf_add(b, &v->d, 8);
	else if (v->kind == SQL_TEXT) {
		buf_add(b, &length, 8);
		buf_add(b, v->s, v->n);
	}
}

const char *page_token_make(
    struct arena *a, uint64_t request, const struct sql_value *v, size_t n)
{
	auto_buf b = BUF_INIT;
	uint64_t sum;
	buf_addc(&b, VERSION);
	buf_add(&b, &request, 8);
	for (size_t i = 0; i < n; i++)
		put(&b, &v[i]);
	sum = page_sum(PAGE_SUM, b.s, b.len);
	buf_add(&b, &sum, 8);
	return base64(a, b.s, b.len);
}

struct reader {
	const char *s;
	size_t n; /* bytes left */
};

static bool take(struct reader *r, void *out, size_t n)
{
	if (n > r->n)
		return false;
	memcpy(out, r->s, n);
	r->s += n;
	r->n -= n;
	return true;
}

static bool get(struct reader *r, struct sql_value *v)
{
	char kind;
	uint64_t length;
	*v = (struct sql_value){.kind = SQL_NULL};
	if (!take(r, &kind, 1))
		return false;
	switch (kind) {
	case SQL_NULL:
		return true;
	case SQL_INT:
		v->kind = SQL_INT;
		return take(r, &v->i, 8);
	case SQL_REAL:
		v->kind = SQL_REAL;
		return take(r, &v->d, 8);
	case SQL_TEXT:
		v->kind = SQL_TEXT;
		if (!take(r, &length, 8) || length > r->n)
			return false;
		v->s = r->s;
		v->n = length;
		r->s += length;
		r->n -= length;
		return true;
	default:
		return false;
	}
}

static bool whole(struct reader *r)
{
	uint64_t sum;
	if (r->n < 8)
		return false;
	r->n -= 8;
	memcpy(&sum, r->s + r->n, 8);
	return sum == page_sum(PAGE_SUM, r->s, r->n);
}

int page_token_read(struct arena *a, const char *token, uint64_t request,
    struct sql_value *v, size_t n, struct err *err)
{
	struct reader r = {0};
	uint64_t asked;
	char version;
	size_t i = 0;
	if (strnlen(token, TOKEN_MAX) < TOKEN_MAX)
		r.s = unbase64(a, token, &r.n);
	if (!r.s || !whole(&r) || !take(&r, &version, 1) || version != VERSION ||
	    !take(&r, &asked, 8))
		return err_set(err, ERR_USAGE,
		    "Invalid page token, it is not one that this server gave out");
	while (asked == request && i < n && get(&r, &v[i]))
		i++;
	if (asked != request || i < n || r.n > 0)
		return err_set(
		    err, ERR_USAGE, "Invalid page token, it belongs to another request");
	return 0;
}
