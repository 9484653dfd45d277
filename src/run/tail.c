/* SPDX-License-Identifier: MIT */
#include "run/tail.h"

#include "base/buf.h"
#include "base/utf8.h"

void tail_add(struct tail *t, const char *data, size_t n)
{
	if (n > TAIL_MAX) {
		t->total += n - TAIL_MAX;
		data += n - TAIL_MAX;
		n = TAIL_MAX;
	}
	while (n > 0) {
		size_t at = t->total % TAIL_MAX;
		size_t part = n < TAIL_MAX - at ? n : TAIL_MAX - at;
		memcpy(t->ring + at, data, part);
		t->total += part;
		data += part;
		n -= part;
	}
}

/* One line, without its newline. */
static void add_line(struct buf *out, const char *s, size_t n)
{
	while (n > 0 && s[n - 1] == '\r')
		n--;
	for (size_t i = n; i > 0; i--) {
		if (s[i - 1] == '\r') {
			s += i;
			n -= i;
			break;
		}
	}
	while (n > 0) {
		size_t len = *s ? utf8_char_len(s, n) : 0;
		buf_add(out, len ? s : "?", len ? len : 1);
		s += len ? len : 1;
		n -= len ? len : 1;
	}
}

/* The bytes that are kept, in order, from the first whole line on. */
static void unroll(const struct tail *t, struct buf *out)
{
	size_t at = t->total % TAIL_MAX;
	const char *nl;
	if (t->total <= TAIL_MAX) {
		buf_add(out, t->ring, t->total);
		return;
	}
	buf_add(out, t->ring + at, TAIL_MAX - at);
	buf_add(out, t->ring, at);
	nl = memchr(out->s, '\n', out->len - 1);
	if (nl) {
		size_t skip = (size_t)(nl + 1 - out->s);
		memmove(out->s, nl + 1, out->len - skip);
		buf_cut(out, out->len - skip);
		return;
	}
	/* one long line: do not begin in the middle of a character */
	for (at = 0; at < 3 && ((unsigned char)out->s[at] & 0xC0) == 0x80;)
		at++;
	memmove(out->s, out->s + at, out->len - at);
	buf_cut(out, out->len - at);
}

char *tail_text(const struct tail *t)
{
	auto_buf raw = BUF_INIT;
	struct buf out = BUF_INIT;
	const char *s, *end;
	unroll(t, &raw);
	for (s = raw.s, end = raw.s + raw.len; s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		add_line(&out, s, (size_t)((nl ? nl : end) - s));
		if (nl)
			buf_addc(&out, '\n');
		s = nl ? nl + 1 : end;
	}
	return buf_detach(&out);
}
