/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool secret_name(const char *name, size_t n)
{
	static const char *const words[] = {
	    "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "KEY", "CREDENTIAL"};
	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		for (size_t i = 0, len = strlen(words[w]); i + len <= n; i++)
			if (strncasecmp(name + i, words[w], len) == 0)
				return true;
	return false;
}

/* ---- in the query of a URL ---- */

/*
 * Where the names come from:
 *   token, *_token, *-token   OAuth 2 (RFC 6750: access_token), GitHub's raw files (token),
 *                             GitLab (private_token, job_token), OpenID (id_token), AWS
 *                             (X-Amz-Security-Token)
 *   *secret, *password, pwd   OAuth 2 (client_secret), logins of all kinds
 *   *signature, sig           presigned URLs of S3 (X-Amz-Signature, Signature), Google
 *                             Cloud Storage (X-Goog-Signature) and Azure (sig)
 *   *credential               of the same: X-Amz-Credential, X-Goog-Credential
 *   *accesskeyid, *accessid   their elder form: AWSAccessKeyId, GoogleAccessId
 *   *api_key, *_key, key      Google, Azure and many others
 */
static const struct {
	const char *end; /* of a name in small letters, with _ for - */
	bool whole;	 /* it is all of the name */
	enum secret_sure sure;
} in_query[] = {
    /* where a list goes on */
    {"page_token", false, SECRET_NOT},
    {"pagetoken", false, SECRET_NOT},
    {"next_token", false, SECRET_NOT},
    {"nexttoken", false, SECRET_NOT},
    {"continuation_token", false, SECRET_NOT},
    {"token", false, SECRET_SURE},
    {"jwt", false, SECRET_SURE},
    {"secret", false, SECRET_SURE},
    {"password", false, SECRET_SURE},
    {"passwd", false, SECRET_SURE},
    {"passphrase", false, SECRET_SURE},
    {"pwd", false, SECRET_SURE},
    {"signature", false, SECRET_SURE},
    {"sig", true, SECRET_SURE},
    {"_sig", false, SECRET_SURE},
    {"credential", false, SECRET_SURE},
    {"credentials", false, SECRET_SURE},
    {"auth", true, SECRET_SURE},
    {"_auth", false, SECRET_SURE},
    {"authorization", false, SECRET_SURE},
    {"accesskeyid", false, SECRET_SURE},
    {"access_key_id", false, SECRET_SURE},
    {"accessid", false, SECRET_SURE},
    {"apikey", false, SECRET_SURE},
    {"api_key", false, SECRET_SURE},
    {"accesskey", false, SECRET_SURE},
    {"access_key", false, SECRET_SURE},
    {"privatekey", false, SECRET_SURE},
    {"private_key", false, SECRET_SURE},
    {"secretkey", false, SECRET_SURE},
    {"secret_key", false, SECRET_SURE},
    {"authkey", false, SECRET_SURE},
    {"auth_key", false, SECRET_SURE},
    {"key", true, SECRET_MAYBE},
    {"_key", false, SECRET_MAYBE},
    {"pass", true, SECRET_MAYBE},
    {"session", false, SECRET_MAYBE},
    {"sessionid", false, SECRET_MAYBE},
    {"session_id", false, SECRET_MAYBE},
};
enum { IN_QUERY = sizeof(in_query) / sizeof(in_query[0]), NAME_READ = 64 };

static int hex_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character of the name, decoded; *i goes on. */
static char next_char(const char *name, size_t n, size_t *i)
{
	size_t at = (*i)++;
	int high = -1, low = -1;
	if (name[at] == '%' && at + 2 < n) {
		high = hex_value(name[at + 1]);
		low = hex_value(name[at + 2]);
	}
	if (high < 0 || low < 0)
		return name[at];
	*i = at + 3;
	return (char)(high * 16 + low);
}

/* What tells of the name: its last word, in small letters, with _ for -; its length. */
static size_t plain_name(const char *name, size_t n, char out[NAME_READ])
{
	size_t len = 0, i = 0;
	bool broken = false;
	while (i < n) {
		char c = next_char(name, n, &i);
		if (!isalnum((unsigned char)c) && c != '_' && c != '-') {
			broken = true; /* auth[token], a.token, amp;token */
			continue;
		}
		if (broken)
			len = 0;
		broken = false;
		if (len == NAME_READ)
			memmove(out, out + 1, --len);
		out[len++] = c == '-' ? '_' : (char)tolower((unsigned char)c);
	}
	return len;
}

enum secret_sure secret_in_query(const char *name, size_t n)
{
	char plain[NAME_READ];
	size_t len = plain_name(name, n, plain);
	for (size_t i = 0; i < IN_QUERY; i++) {
		size_t k = strlen(in_query[i].end);
		if ((in_query[i].whole ? len == k : len >= k) &&
		    memcmp(plain + len - k, in_query[i].end, k) == 0)
			return in_query[i].sure;
	}
	return SECRET_NOT;
}

bool secret_is_signing(const char *name, size_t n)
{
	static const char *const words[] = {"expires", "se", "st", "ske", "skt"};
	char plain[NAME_READ];
	size_t len = plain_name(name, n, plain);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (len == strlen(words[i]) && memcmp(plain, words[i], len) == 0)
			return true;
	return len > 7 &&
	       (memcmp(plain, "x_amz_", 6) == 0 || memcmp(plain, "x_goog_", 7) == 0);
}
