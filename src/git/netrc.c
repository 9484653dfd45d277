/* SPDX-License-Identifier: MIT */
#include "git/netrc.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

enum { NETRC_MAX = 1 << 20 };

struct netrc {
	struct arena *a;
	const char *at;
	const char *host, *want; /* want: the user, or NULL for any */
	bool mine;		 /* inside an entry for the host */
	const char *login, *password;
};

/* The next word: quoted, with escapes, or up to a blank.  NULL at the end. */
static const char *next_word(struct netrc *n)
{
	auto_buf word = BUF_INIT;
	bool quoted;
	n->at += strspn(n->at, " \t\r\n");
	while (*n->at == '#') {
		n->at += strcspn(n->at, "\n");
		n->at += strspn(n->at, " \t\r\n");
	}
	if (!*n->at)
		return NULL;
	quoted = *n->at == '"';
	n->at += quoted;
	for (; *n->at && (quoted ? *n->at != '"' : !strchr(" \t\r\n", *n->at)); n->at++) {
		if (quoted && *n->at == '\\' && n->at[1])
			n->at++;
		buf_addc(&word, *n->at);
	}
	n->at += quoted && *n->at == '"';
	return arena_strdup(n->a, word.s);
}

static bool is_complete(const struct netrc *n)
{
	return n->mine && n->password &&
	       (!n->want || (n->login && strcmp(n->login, n->want) == 0));
}

static void begin(struct netrc *n, bool mine)
{
	n->mine = mine;
	n->login = n->password = NULL;
}

/* A macro goes on to the first empty line. */
static void skip_macro(struct netrc *n)
{
	const char *end = strstr(n->at, "\n\n");
	n->at = end ? end + 2 : n->at + strlen(n->at);
}

/* false: the entry that was read is the one. */
static bool take(struct netrc *n, const char *word)
{
	bool machine = strcmp(word, "machine") == 0;
	const char *value;
	if (machine || strcmp(word, "default") == 0) {
		if (is_complete(n))
			return false;
		value = machine ? next_word(n) : n->host;
		begin(n, value && strcasecmp(value, n->host) == 0);
	} else if (strcmp(word, "macdef") == 0) {
		skip_macro(n);
	} else if (strcmp(word, "login") == 0) {
		n->login = next_word(n);
	} else if (strcmp(word, "password") == 0) {
		n->password = next_word(n);
	} else if (strcmp(word, "account") == 0) {
		next_word(n);
	}
	return true;
}

bool netrc_find(struct arena *a, const char *text, const char *host, const char **user,
    const char **password)
{
	struct netrc n = {.a = a, .at = text, .host = host, .want = *user};
	const char *word;
	while ((word = next_word(&n)) && take(&n, word))
		;
	if (!is_complete(&n))
		return false;
	*user = n.login ? n.login : "";
	*password = n.password;
	return true;
}

bool netrc_lookup(
    struct arena *a, const char *host, const char **user, const char **password)
{
	const char *home = getenv("HOME");
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	bool found;
	if (!home || home[0] != '/' ||
	    file_read(path_join(a, home, ".netrc"), NETRC_MAX, &text, &ignored) < 0)
		return false;
	found = netrc_find(a, text.s, host, user, password);
	explicit_bzero(text.s, text.len);
	return found;
}
