/* SPDX-License-Identifier: MIT */
#include "git/address.h"

#include <ctype.h>

#include "base/urltext.h"

static bool has_control(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static const char *lower(struct arena *a, const char *s, size_t n)
{
	char *out = arena_strndup(a, s, n);
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

static enum address_kind kind_of(const char *scheme)
{
	static const struct {
		const char *scheme;
		enum address_kind kind;
	} kinds[] = {{"http", ADDRESS_HTTP}, {"https", ADDRESS_HTTP},
	    {"git", ADDRESS_GIT}, {"ssh", ADDRESS_SSH}, {"git+ssh", ADDRESS_SSH},
	    {"ssh+git", ADDRESS_SSH}, {"file", ADDRESS_LOCAL}};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(scheme, kinds[i].scheme) == 0)
			return kinds[i].kind;
	return ADDRESS_OTHER;
}

/* "host", "host:port", "[::1]", "[::1]:port". */
static void take_host(struct arena *a, const char *s, struct address *out)
{
	size_t n = strcspn(s, ":");
	if (*s == '[') {
		n = strcspn(s, "]");
		out->host = arena_strndup(a, s + 1, n - 1);
		s += n + (s[n] == ']');
	} else {
		out->host = arena_strndup(a, s, n);
		s += n;
	}
	if (*s == ':' && s[1])
		out->port = arena_strdup(a, s + 1);
}

/* "user:password@" in front of the host; what cannot be decoded is taken as it is. */
static void take_user(struct arena *a, const char *s, size_t n, struct address *out)
{
	const char *text = arena_strndup(a, s, n), *colon = strchr(text, ':');
	const char *user = colon ? arena_strndup(a, text, (size_t)(colon - text)) : text;
	out->user = url_decode(a, user);
	if (!out->user)
		out->user = user;
	if (!colon)
		return;
	out->password = url_decode(a, colon + 1);
	if (!out->password)
		out->password = colon + 1;
}

static void take_url(struct arena *a, const char *text, struct address *out)
{
	const char *s = strstr(text, "://") + 3, *decoded;
	size_t n = strcspn(s, "/?#"), at = n;
	if (out->kind == ADDRESS_LOCAL)
		n = 0;
	while (at > 0 && s[at - 1] != '@')
		at--;
	if (n > 0 && at > 0)
		take_user(a, s, at - 1, out);
	if (n > 0)
		take_host(a, arena_strndup(a, s + at, n - at), out);
	out->path = s + n;
	decoded = out->kind == ADDRESS_SSH || out->kind == ADDRESS_LOCAL
		      ? url_decode(a, out->path)
		      : NULL;
	if (decoded)
		out->path = decoded;
	if (out->kind == ADDRESS_SSH && strncmp(out->path, "/~", 2) == 0)
		out->path++;
}

/* user@host:path, user@[host]:path, [user@host:port]:path. */
static void take_scp(struct arena *a, const char *text, struct address *out)
{
	const char *end = text + strcspn(text, ":"), *host = text, *inner;
	const char *bracket = memchr(text, '[', (size_t)(end - text));
	if (bracket) {
		host = bracket;
		end = bracket + strcspn(bracket, "]");
		inner = arena_strndup(a, bracket + 1, (size_t)(end - bracket - 1));
		end += end[0] == ']';
	} else {
		inner = arena_strndup(a, text, (size_t)(end - text));
	}
	if (host > text && host[-1] == '@')
		out->user = arena_strndup(a, text, (size_t)(host - 1 - text));
	if (strrchr(inner, '@')) {
		const char *at = strrchr(inner, '@');
		out->user = arena_strndup(a, inner, (size_t)(at - inner));
		inner = at + 1;
	}
	/* more than one colon: an address of IPv6 */
	if (strchr(inner, ':') && strchr(inner, ':') != strrchr(inner, ':'))
		out->host = inner;
	else
		take_host(a, inner, out);
	out->path = end + (*end == ':');
	if (strncmp(out->path, "/~", 2) == 0)
		out->path++;
}

static bool is_scp(const char *text)
{
	size_t n = strcspn(text, ":/");
	return text[n] == ':' && n > 0;
}

static int check(const struct address *ad, struct err *err)
{
	bool remote = ad->kind != ADDRESS_LOCAL && ad->kind != ADDRESS_OTHER;
	if (has_control(ad->user) || has_control(ad->password) || has_control(ad->host) ||
	    has_control(ad->path))
		return err_set(
		    err, ERR_USAGE, "the address '%s' has control characters", ad->shown);
	if (!remote)
		return 0;
	if (!ad->host || !*ad->host || ad->host[0] == '-' ||
	    (ad->user && ad->user[0] == '-') ||
	    (ad->port && !isdigit((unsigned char)*ad->port)))
		return err_set(err, ERR_USAGE, "'%s' names no host", ad->shown);
	if (ad->kind == ADDRESS_SSH && (!*ad->path || *ad->path == '-'))
		return err_set(err, ERR_USAGE, "'%s' names no repository", ad->shown);
	return 0;
}

int address_parse(struct arena *a, const char *text, struct address *out, struct err *err)
{
	const char *sep = strstr(text, "://");
	memset(out, 0, sizeof(*out));
	out->plain = url_without_user(a, text);
	out->shown = url_public(a, text);
	out->kind = ADDRESS_LOCAL;
	out->path = text;
	if (sep && strcspn(text, "/") > (size_t)(sep - text)) {
		out->scheme = lower(a, text, (size_t)(sep - text));
		out->kind = kind_of(out->scheme);
		take_url(a, text, out);
	} else if (is_scp(text)) {
		bool helper = strncmp(text + strcspn(text, ":"), "::", 2) == 0 &&
			      !memchr(text, '[', strcspn(text, ":"));
		out->scheme = "ssh";
		out->kind = helper ? ADDRESS_OTHER : ADDRESS_SSH;
		if (!helper)
			take_scp(a, text, out);
	}
	return check(out, err);
}
