/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/alloc.h"

char buf_empty[1];

void buf_reserve(struct buf *b, size_t n)
{
	size_t need = b->len + n + 1, cap = b->cap ? b->cap : 64;
	if (need <= b->cap)
		return;
	while (cap < need)
		cap *= 2;
	b->s = xrealloc_array(b->cap ? b->s : NULL, cap, 1);
	b->cap = cap;
	b->s[b->len] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	if (b->max && (n > b->max || b->len > b->max - n)) {
		b->full = true;
		return;
	}
	if (n == 0)
		return;
	buf_reserve(b, n);
	memcpy(b->s + b->len, data, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	int n;
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		buf_add(b, small, (size_t)n);
	} else if (n >= 0) {
		char *big = xmalloc((size_t)n + 1);
		vsnprintf(big, (size_t)n + 1, fmt, again);
		buf_add(b, big, (size_t)n);
		free(big);
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void buf_cut(struct buf *b, size_t n)
{
	if (n >= b->len)
		return;
	b->len = n;
	b->s[n] = '\0';
}

void buf_clear(struct buf *b)
{
	b->full = false;
	buf_cut(b, 0);
}

void buf_release(struct buf *b)
{
	if (b->cap)
		free(b->s);
	b->s = buf_empty;
	b->len = b->cap = 0;
	b->full = false;
}

char *buf_detach(struct buf *b)
{
	char *s = b->cap ? b->s : xstrdup("");
	b->s = buf_empty;
	b->len = b->cap = 0;
	return s;
}
