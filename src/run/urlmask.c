/* SPDX-License-Identifier: MIT */
#include "run/urlmask.h"

#include "base/urltext.h"

static const char start[] = "://";
enum { LENGTH = sizeof(start) - 1 };

/* Passed on up to "://" and with it; the rest's length. */
static size_t pass_text(
    struct urlmask *u, const char *data, size_t n, mask_give *give, void *arg)
{
	size_t i = 0;
	while (i < n && !u->inside) {
		if (data[i] != start[u->seen])
			u->seen = data[i] == start[0];
		else
			u->seen++;
		u->inside = u->seen == LENGTH;
		i++;
	}
	if (u->inside)
		u->seen = 0;
	give(arg, data, i);
	return n - i;
}

static void give_held(struct urlmask *u, mask_give *give, void *arg)
{
	auto_buf text = BUF_INIT, masked = BUF_INIT;
	buf_addf(&text, "%s%s", start, u->held.s);
	url_mask(&masked, text.s);
	give(arg, masked.s + LENGTH, masked.len - LENGTH);
	/* its last colon may begin the next */
	u->seen = u->too_long || (u->held.len && u->held.s[u->held.len - 1] == start[0]);
	buf_clear(&u->held);
	u->inside = u->too_long = false;
}

/* Where the URL's host ends at the latest, or n. */
static size_t host_end(const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (url_ends_host(data[i]))
			return i;
	return n;
}

/* What may be a name and a password; the length of what follows it. */
static size_t pass_host(
    struct urlmask *u, const char *data, size_t n, mask_give *give, void *arg)
{
	size_t end = host_end(data, n);
	if (!u->too_long && u->held.len + end > URLMASK_HELD) {
		u->too_long = true;
		buf_clear(&u->held);
		give(arg, "***", 3);
	}
	if (!u->too_long)
		buf_add(&u->held, data, end);
	if (end < n)
		give_held(u, give, arg);
	return n - end;
}

void urlmask_pass(
    struct urlmask *u, const char *data, size_t n, mask_give *give, void *arg)
{
	while (n > 0) {
		size_t rest = u->inside ? pass_host(u, data, n, give, arg)
					: pass_text(u, data, n, give, arg);
		data += n - rest;
		n = rest;
	}
}

void urlmask_end(struct urlmask *u, mask_give *give, void *arg)
{
	if (u->inside)
		give_held(u, give, arg);
	u->seen = 0;
}

void urlmask_release(struct urlmask *u)
{
	buf_release(&u->held);
}
