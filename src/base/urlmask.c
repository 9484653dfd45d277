/* SPDX-License-Identifier: MIT */
#include "base/urlmask.h"

#include <ctype.h>

#include "base/secret.h"
#include "base/urltext.h"

static const char start[] = "://";
enum { LENGTH = sizeof(start) - 1, NAME_HELD = 256, NAME_KEPT = 64 };

/* The character cannot be in a URL, or at least ends it in a text. */
static bool ends_url(char c)
{
	return (unsigned char)c <= ' ' || strchr("\"'<>`\x7f", c);
}

/* Of a parameter's name in a query; also as JSON and HTML write what stands before it. */
static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-.~%[]", c));
}

/* True: "://" is complete with this byte. */
static bool begins_host(struct urlmask *u, char c)
{
	if (c != start[u->seen])
		u->seen = c == start[0];
	else
		u->seen++;
	if (u->seen < LENGTH)
		return false;
	u->seen = 0;
	u->outer = u->place;
	u->place = URLMASK_HOST;
	return true;
}

/* Passed on up to "://" and with it, or up to a query; the rest's length. */
static size_t pass_text(
    struct urlmask *u, const char *data, size_t n, urlmask_give *give, void *arg)
{
	size_t i = 0;
	while (i < n && (u->place == URLMASK_TEXT || u->place == URLMASK_PATH)) {
		char c = data[i++];
		if (begins_host(u, c) || u->place == URLMASK_TEXT)
			continue;
		if (c == '?')
			u->place = URLMASK_QUERY;
		else if (c == '#' || ends_url(c))
			u->place = URLMASK_TEXT;
	}
	give(arg, data, i);
	return n - i;
}

static void give_host(struct urlmask *u, urlmask_give *give, void *arg)
{
	const char *at = u->held.len ? memrchr(u->held.s, '@', u->held.len) : NULL;
	size_t user = at ? (size_t)(at - u->held.s) : 0;
	if (at)
		give(arg, "***", 3);
	if (u->held.len > user)
		give(arg, u->held.s + user, u->held.len - user);
	/* its last colon may begin the next */
	u->seen = u->too_long || (u->held.len && u->held.s[u->held.len - 1] == start[0]);
	buf_clear(&u->held);
	u->too_long = false;
	u->place = u->outer == URLMASK_TEXT ? URLMASK_PATH : u->outer;
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
    struct urlmask *u, const char *data, size_t n, urlmask_give *give, void *arg)
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
		give_host(u, give, arg);
	return n - end;
}

static void give_name(struct urlmask *u, urlmask_give *give, void *arg)
{
	if (u->held.len)
		give(arg, u->held.s, u->held.len);
	buf_clear(&u->held);
}

/*
 * Names tell by their ends: of one that is endless no more than that is held.  JSON may
 * write & as \u0026; it is no part of the name, which may tell as a whole.
 */
static void hold_name(struct urlmask *u, char c, urlmask_give *give, void *arg)
{
	static const char escaped[] = {'u', '0', '0', '2', '6'};
	buf_addc(&u->held, c);
	if (u->held.len == sizeof(escaped) &&
	    memcmp(u->held.s, escaped, sizeof(escaped)) == 0) {
		give_name(u, give, arg);
		return;
	}
	if (u->held.len < NAME_HELD)
		return;
	give(arg, u->held.s, u->held.len - NAME_KEPT);
	memmove(u->held.s, u->held.s + u->held.len - NAME_KEPT, NAME_KEPT);
	buf_cut(&u->held, NAME_KEPT);
}

/* Up to a secret, to the URL's end or to "://" in it; the rest's length. */
static size_t pass_query(
    struct urlmask *u, const char *data, size_t n, urlmask_give *give, void *arg)
{
	size_t i = 0;
	while (i < n && u->place == URLMASK_QUERY) {
		char c = data[i++];
		bool secret =
		    c == '=' && secret_in_query(u->held.s, u->held.len) != SECRET_NOT;
		if (is_name_char(c)) {
			u->seen = 0;
			hold_name(u, c, give, arg);
			continue;
		}
		give_name(u, give, arg);
		give(arg, &c, 1);
		if (begins_host(u, c))
			continue;
		if (secret) {
			give(arg, "***", 3);
			u->place = URLMASK_VALUE;
		} else if (c == '#' || ends_url(c)) {
			u->place = URLMASK_TEXT;
		}
	}
	return n - i;
}

/* A backslash is of what the URL stands in: \u0026 of JSON may be another parameter. */
static size_t drop_value(struct urlmask *u, const char *data, size_t n)
{
	size_t i = 0;
	while (i < n && data[i] != '&' && data[i] != '#' && data[i] != '\\' &&
	       !ends_url(data[i]))
		i++;
	if (i < n)
		u->place = URLMASK_QUERY;
	u->seen = 0;
	return n - i;
}

static size_t pass_some(
    struct urlmask *u, const char *data, size_t n, urlmask_give *give, void *arg)
{
	switch (u->place) {
	case URLMASK_HOST:
		return pass_host(u, data, n, give, arg);
	case URLMASK_QUERY:
		return pass_query(u, data, n, give, arg);
	case URLMASK_VALUE:
		return drop_value(u, data, n);
	default:
		return pass_text(u, data, n, give, arg);
	}
}

void urlmask_pass(
    struct urlmask *u, const char *data, size_t n, urlmask_give *give, void *arg)
{
	while (n > 0) {
		size_t rest = pass_some(u, data, n, give, arg);
		data += n - rest;
		n = rest;
	}
}

void urlmask_end(struct urlmask *u, urlmask_give *give, void *arg)
{
	if (u->place == URLMASK_HOST)
		give_host(u, give, arg);
	else
		give_name(u, give, arg);
	u->place = URLMASK_TEXT;
	u->seen = 0;
}

void urlmask_release(struct urlmask *u)
{
	buf_release(&u->held);
}
