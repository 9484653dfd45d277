/* SPDX-License-Identifier: MIT */
#include "fetch/httperr.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/urltext.h"

bool httperr_is_cut(CURLcode rc)
{
	return rc == CURLE_PARTIAL_FILE || rc == CURLE_RECV_ERROR || rc == CURLE_HTTP2 ||
	       rc == CURLE_HTTP2_STREAM || rc == CURLE_GOT_NOTHING;
}

bool httperr_is_unreachable(CURLcode rc)
{
	return rc == CURLE_COULDNT_RESOLVE_HOST || rc == CURLE_COULDNT_RESOLVE_PROXY ||
	       rc == CURLE_COULDNT_CONNECT || rc == CURLE_OPERATION_TIMEDOUT;
}

static int of_no_entry(struct err *err, const struct request *rq)
{
	auto_arena a = ARENA_INIT;
	if (strcmp(url_public(&a, rq->url), url_without_user(&a, rq->url)) != 0) {
		err_set(err, ERR_FAIL,
		    "the server does not accept the secret in the URL (401)");
		return err_hint(err, "is it the right one, has it expired?");
	}
	if (strcmp(url_without_user(&a, rq->url), rq->url) != 0) {
		err_set(err, ERR_FAIL,
		    "the server does not accept the user name and password of the URL "
		    "(401)");
		return err_hint(err, "are they the right ones, have they expired?");
	}
	err_set(err, ERR_FAIL, "the server asks for a user name and password (401)");
	return err_hint(err, "the right ones belong into ~/.netrc, or into the URL");
}

static int of_status(struct err *err, const struct request *rq, long status)
{
	switch (status) {
	case 401:
		return of_no_entry(err, rq);
	case 403:
		return err_set(err, ERR_FAIL, "the server refuses access (403)");
	case 404:
	case 410:
		return err_set(err, ERR_NOTFOUND, "there is no such file (%ld)", status);
	case 407:
		return err_set(
		    err, ERR_FAIL, "the proxy asks for a user name and password (407)");
	case 429:
		err_set(err, ERR_FAIL, "the server has had too many requests (429)");
		return err_hint(err, "try again later");
	default:
		err_set(err, ERR_FAIL, "the server answered %ld", status);
		return status >= 500 ? err_hint(err, "try again later") : -1;
	}
}

static int of_transport(
    struct err *err, const struct request *rq, CURLcode rc, const char *cause)
{
	const char *host = rq->host ? rq->host : "the host";
	auto_buf text = BUF_INIT;
	const char *why;
	url_mask(&text, *cause ? cause : curl_easy_strerror(rc));
	why = text.s;
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(err, ERR_FAIL, "%s: unknown host", host);
		return err_hint(err, "check the spelling and the network");
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(err, ERR_FAIL, "the proxy is an unknown host");
	case CURLE_COULDNT_CONNECT:
		err_set(err, ERR_FAIL, "%s: no connection (%s)", host, why);
		return err_hint(err, "check host and port");
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_FAIL, "%s: no answer", host);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		err_set(
		    err, ERR_FAIL, "%s: its certificate is not trusted (%s)", host, why);
		return err_hint(err, "CURL_CA_BUNDLE or SSL_CERT_FILE can name a file of "
				     "certificates");
	case CURLE_TOO_MANY_REDIRECTS:
		return err_set(err, ERR_FAIL, "%s: it redirects again and again", host);
	case CURLE_UNSUPPORTED_PROTOCOL:
		if (strstr(why, "HTTP/0.9"))
			return err_set(err, ERR_FAIL, "%s: its answer is not HTTP", host);
		return err_set(err, ERR_FAIL,
		    "%s: it redirects to an address that is not taken (%s)", host, why);
	default:
		return err_set(err, ERR_FAIL, "%s: %s", host, why);
	}
}

int httperr_set(struct err *err, const struct request *rq, CURLcode rc, long status,
    const char *cause)
{
	if (status >= 400)
		return of_status(err, rq, status);
	if (rc != CURLE_OK && rc != CURLE_WRITE_ERROR)
		return of_transport(err, rq, rc, cause);
	if (status == 0) /* HTTP/0.9 or no HTTP at all */
		return err_set(err, ERR_FAIL, "the answer is not HTTP");
	return of_status(err, rq, status);
}
