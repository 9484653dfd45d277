/* SPDX-License-Identifier: MIT */
#include "env/image_name.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

enum { NAME_LONGEST = 255, TAG_LONGEST = 128, BUILT_LONGEST = 120 };

static const char LOWER[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char HEX[] = "0123456789abcdef";
static const char WORD[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

static bool is_lower(char c)
{
	return c && strchr(LOWER, c);
}

/* Letters and digits, and between them one ".", one or two "_", or any "-". */
static bool is_part(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t begin = i, len;
		while (i < n && is_lower(s[i]))
			i++;
		if (i == begin)
			return false;
		if (i == n)
			return true;
		begin = i;
		while (i < n && s[i] == s[begin] && strchr("._-", s[i]))
			i++;
		len = i - begin;
		if (len == 0 || (s[begin] == '.' && len > 1) ||
		    (s[begin] == '_' && len > 2))
			return false;
	}
	return false;
}

/* The first part is a registry: it has a dot, a port or an upper-case letter. */
static bool is_registry(const char *s, size_t n)
{
	if (n == 9 && memcmp(s, "localhost", n) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (s[i] == '.' || s[i] == ':' || s[i] == '[' ||
		    isupper((unsigned char)s[i]))
			return true;
	return false;
}

/* A host name or an address in brackets, perhaps with a port. */
static bool is_host(const char *s, size_t n)
{
	const char *colon = memrchr(s, ':', n);
	size_t host = n;
	if (colon && !memchr(colon, ']', n - (size_t)(colon - s))) {
		const char *port = colon + 1, *end = s + n;
		if (port == end)
			return false;
		for (; port < end; port++)
			if (!isdigit((unsigned char)*port))
				return false;
		host = (size_t)(colon - s);
	}
	if (host > 2 && s[0] == '[' && s[host - 1] == ']')
		return strspn(s + 1, "0123456789abcdefABCDEF:") == host - 2;
	if (!host || !isalnum((unsigned char)s[0]) ||
	    !isalnum((unsigned char)s[host - 1]))
		return false;
	for (size_t i = 0; i < host; i++)
		if (!strchr(WORD, s[i]) || s[i] == '_')
			return false;
	return true;
}

/* Where the repository ends: at "@", or at a ":" behind the last "/". */
static size_t repository_len(const char *name)
{
	size_t n = strcspn(name, "@");
	const char *slash = memrchr(name, '/', n), *from = slash ? slash : name;
	const char *colon = memchr(from, ':', n - (size_t)(from - name));
	return colon ? (size_t)(colon - name) : n;
}

static const char *repository_fault(const char *s, size_t n)
{
	const char *end = s + n, *slash;
	if (n > NAME_LONGEST)
		return "it is longer than 255 characters";
	slash = memchr(s, '/', n);
	if (slash && is_registry(s, (size_t)(slash - s))) {
		if (!is_host(s, (size_t)(slash - s)))
			return "what stands before the first '/' is no registry";
		s = slash + 1;
	}
	for (const char *p = s; p < end; p++)
		if (isupper((unsigned char)*p))
			return "its letters must be lower case";
	for (;;) {
		slash = memchr(s, '/', (size_t)(end - s));
		if (!is_part(s, (size_t)((slash ? slash : end) - s)))
			return "its parts are letters a-z and digits, with single '.', "
			       "'_' or '-' between them";
		if (!slash)
			return NULL;
		s = slash + 1;
	}
}

static const char *digest_fault(const char *digest)
{
	const char *colon = strchr(digest, ':');
	size_t n = colon ? strlen(colon + 1) : 0;
	if (!colon || n < 32 || n > 128 || strspn(colon + 1, HEX) != n ||
	    (strncmp(digest, "sha256:", 7) == 0 && n != IMAGE_ID_HEX))
		return "what stands behind '@' is no digest (sha256: and 64 hex digits)";
	return NULL;
}

bool image_name_is_id(const char *name)
{
	if (strncmp(name, "sha256:", 7) == 0)
		name += 7;
	return strlen(name) == IMAGE_ID_HEX && strspn(name, HEX) == IMAGE_ID_HEX;
}

const char *image_name_fault(const char *name)
{
	size_t repository = repository_len(name);
	const char *rest = name + repository, *why;
	if (image_name_is_id(name))
		return NULL;
	if (!repository)
		return "it is empty";
	why = repository_fault(name, repository);
	if (why)
		return why;
	if (*rest == ':') {
		size_t n = strcspn(++rest, "@");
		if (!n || n > TAG_LONGEST || strspn(rest, WORD) != n ||
		    strchr(".-", rest[0]))
			return "what stands behind ':' is no tag (letters, digits, '_', "
			       "'.' and '-')";
		rest += n;
	}
	return *rest == '@' ? digest_fault(rest + 1) : NULL;
}

char *image_name_repository(struct arena *a, const char *name)
{
	return arena_strndup(a, name, repository_len(name));
}

/* One part of a path as one that an image may have. */
static void put_part(struct buf *out, const char *s, size_t n)
{
	auto_buf part = BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		char c = (char)tolower((unsigned char)s[i]);
		if (is_lower(c))
			buf_addc(&part, c);
		else if (part.len && is_lower(part.s[part.len - 1]))
			buf_addc(&part, c == '.' || c == '_' ? c : '-');
	}
	while (part.len && !is_lower(part.s[part.len - 1]))
		buf_cut(&part, part.len - 1);
	if (part.len && out->len)
		buf_addc(out, '/');
	buf_add(out, part.s, part.len);
}

static const char *made_valid(struct arena *a, const char *project)
{
	auto_buf b = BUF_INIT;
	for (const char *p = project; *p;) {
		size_t n = strcspn(p, "/");
		put_part(&b, p, n);
		p += n + (p[n] == '/');
	}
	if (b.len > BUILT_LONGEST)
		buf_cut(&b, BUILT_LONGEST);
	while (b.len && !is_lower(b.s[b.len - 1]))
		buf_cut(&b, b.len - 1);
	return arena_strdup(a, b.s);
}

char *image_name_built(struct arena *a, const char *project, const char *commit)
{
	size_t n = project ? strlen(project) : 0;
	if (n && (n > BUILT_LONGEST || repository_len(project) != n ||
		     image_name_fault(project)))
		project = made_valid(a, project);
	if (!project || !*project || image_name_is_id(project) ||
	    image_name_fault(project))
		project = "docker-project";
	return commit ? arena_printf(a, "%s:%.7s", project, commit)
		      : arena_strdup(a, project);
}
