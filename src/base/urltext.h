/* SPDX-License-Identifier: MIT */
/* urltext.h -- URLs as text. */
#ifndef URLTEXT_H
#define URLTEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * The URL without user name and password ("scheme://user:secret@host/x" becomes
 * "scheme://host/x").  For ssh the user is no secret but part of the address: only the
 * password goes, and git@host:path, which has no "://", is unchanged.
 */
char *url_without_user(struct arena *a, const char *url);
/*
 * The URL for people and records: without user name and password, and with *** for the
 * values of a query's parameters whose names speak of secrets (secret.h).
 */
char *url_public(struct arena *a, const char *url);
/* The same of an address that lacks its "https://": nothing but the query is looked at. */
char *url_hide_query(struct arena *a, const char *text);
/*
 * What a download is known by: the URL without user name and password, secrets and what
 * goes with a signature.  *partly: something of its query is left out, so that only the
 * server can say whether another URL with this key is of the same file.
 */
char *url_key(struct arena *a, const char *url, bool *partly);
/* *** stands where a secret was: it is of a record, and no server would take it. */
bool url_is_hidden(const char *url);
/* Append text with what is secret in every URL in it as "***" (urlmask.h). */
void url_mask(struct buf *out, const char *text);
/* The character cannot be in what stands between "://" and the path: url_mask ends there. */
bool url_ends_host(char c);
/* It begins with ssh://, git+ssh:// or ssh+git://. */
bool url_is_ssh(const char *url);
/* "host:port" of "scheme://[user@]host:port/...", or NULL. */
char *url_host(struct arena *a, const char *url);
/* %XX decoded; NULL when there is a %00 or a % without two hex digits. */
char *url_decode(struct arena *a, const char *text);
/* The same, where a % that begins no %XX, and %00, stand for themselves. */
char *url_decode_any(struct arena *a, const char *text);
/* The text that url_decode_any() makes text of: each % is %25 where it begins a %XX. */
char *url_encode_percent(struct arena *a, const char *text);
/* A path as it stands in a URL before a fragment: each % is %25, each # is %23. */
char *url_encode_path(struct arena *a, const char *path);
/* An absolute path where a fragment may follow: as file://, if it has a # itself. */
char *url_before_fragment(struct arena *a, const char *path);

/*
 * A file name for what belongs to a URL (without secrets): its readable beginning and, as
 * others may begin like that, its hash.
 */
char *url_file_name(struct arena *a, const char *url);
/* The hash alone, which the name ends in. */
const char *url_file_hash(struct arena *a, const char *url);

#endif
