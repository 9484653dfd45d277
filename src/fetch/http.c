/* SPDX-License-Identifier: MIT */
#include "fetch/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fetch/httperr.h"
#include "fetch/sniff.h"
#include "fetch/size.h"

enum {
	ATTEMPTS = 20, /* each has to bring something */
	REDIRECTS = 10,
	CONNECT_MS = 20 * 1000,
	FACTS_MAX = 64 * 1024,
	HEADER_MAX = 1024,
};

/* One attempt. */
struct attempt {
	struct http *h;
	CURL *curl;
	struct curl_slist *headers;
	struct digest digest;
	int64_t offset, bytes; /* where it began, and what the partial file has now */
	int64_t range_start;   /* of Content-Range, -1: none */
	char etag[HEADER_MAX], modified[HEADER_MAX], date[HEADER_MAX], type[HEADER_MAX];
	unsigned char head[SNIFF_BYTES];
	bool began; /* the body of an answer that we want */
	bool stop;  /* err says why */
	struct err *err;
	char cause[CURL_ERROR_SIZE];
};

static bool take_header(const char *line, size_t n, const char *name, char *out)
{
	size_t k = strlen(name);
	if (n < k || strncasecmp(line, name, k) != 0)
		return false;
	line += k;
	n -= k;
	while (n > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	while (n > 0 && strchr("\r\n \t", line[n - 1]))
		n--;
	if (n < HEADER_MAX) {
		memcpy(out, line, n);
		out[n] = '\0';
	}
	return true;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct attempt *t = arg;
	char range[HEADER_MAX] = "";
	n *= size;
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		t->etag[0] = t->modified[0] = t->date[0] = t->type[0] = '\0';
		t->range_start = -1;
	} else if (take_header(line, n, "Content-Range:", range)) {
		if (strncasecmp(range, "bytes ", 6) == 0 && range[6] != '*')
			t->range_start = strtoll(range + 6, NULL, 10);
	} else if (!take_header(line, n, "ETag:", t->etag) &&
		   !take_header(line, n, "Last-Modified:", t->modified) &&
		   !take_header(line, n, "Date:", t->date)) {
		take_header(line, n, "Content-Type:", t->type);
	}
	return n;
}

/*
 * What the server calls this content.  A file that was written within the second before it
 * was asked for may be written again within that second: its time says nothing.
 */
static struct validators marks(const struct attempt *t)
{
	struct validators v = {t->etag[0] ? t->etag : NULL, NULL};
	time_t now = curl_getdate(t->date, NULL), then = curl_getdate(t->modified, NULL);
	if (!t->h->by_etag && t->modified[0] && then != -1 &&
	    (now == -1 || now - then > 1))
		v.modified = t->modified;
	return v;
}

/* Whose content the partial file is, for the attempt that goes on with it. */
static int write_facts(struct attempt *t)
{
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	struct validators v = marks(t);
	json_put_str(j, "etag", v.etag);
	json_put_str(j, "modified", v.modified);
	json_print(&text, j, false);
	return file_write(t->h->part_facts, text.s, text.len, 0600, t->err);
}

static int begin_whole(struct attempt *t)
{
	t->offset = t->bytes = 0;
	digest_start(&t->digest);
	if (ftruncate(t->h->fd, 0) < 0 || lseek(t->h->fd, 0, SEEK_SET) < 0)
		return err_sys(t->err, errno, "cannot empty '%s'", t->h->part);
	return write_facts(t);
}

static int begin(struct attempt *t, long status)
{
	curl_off_t length = -1;
	t->began = true;
	if (status != 206 && begin_whole(t) < 0)
		return -1;
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > t->h->rq->max - t->bytes)
		return size_refuse(length, t->h->rq->max, t->err);
	return 0;
}

static int check_head(struct attempt *t)
{
	size_t n = t->bytes < SNIFF_BYTES ? (size_t)t->bytes : SNIFF_BYTES;
	enum sniffed s = sniff(t->head, n);
	if (!t->h->archive || sniff_is_archive(s))
		return 0;
	err_set(t->err, t->h->rq->sniff ? ERR_CONFLICT : ERR_FAIL,
	    "the server sent %s, not an archive",
	    s == SNIFF_HTML || strncasecmp(t->type, "text/html", 9) == 0 ? "a web page"
	    : t->bytes == 0						 ? "nothing"
			    : "something else");
	return err_hint(t->err, "a project is a zip or a tar (gzip, bzip2, xz, zstd)%s",
	    s == SNIFF_HTML ? "; does the address need a password?" : "");
}

static int keep(struct attempt *t, const char *data, size_t n)
{
	int64_t room = SNIFF_BYTES - t->bytes;
	if (t->bytes + (int64_t)n > t->h->rq->max)
		return size_refuse(-1, t->h->rq->max, t->err);
	if (room > 0)
		memcpy(t->head + t->bytes, data, (int64_t)n < room ? n : (size_t)room);
	if (fd_write_all(t->h->fd, data, n) < 0)
		return err_sys(t->err, errno, "cannot write '%s'", t->h->part);
	digest_add(&t->digest, data, n);
	t->bytes += (int64_t)n;
	event_progress(t->h->meter, "downloading", 0, 0, t->bytes);
	return room > 0 && t->bytes >= SNIFF_BYTES ? check_head(t) : 0;
}

/* Bodies of errors are not read: what follows looks at the status. */
static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct attempt *t = arg;
	long status = 0;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if ((status != 200 && status != 206) ||
	    (status == 206 && (t->offset == 0 || t->range_start != t->offset)))
		return 0;
	t->stop = (!t->began && begin(t, status) < 0) || keep(t, data, size * n) < 0;
	return t->stop ? 0 : size * n;
}

static void add_header(struct attempt *t, const char *name, const char *value)
{
	auto_buf line = BUF_INIT;
	buf_addf(&line, "%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line.s);
}

/* The curl tool reads these; the library leaves them to us. */
static void set_certificates(CURL *c)
{
	const char *file = getenv("CURL_CA_BUNDLE"), *dir = getenv("SSL_CERT_DIR");
	if (!file || !*file)
		file = getenv("SSL_CERT_FILE");
	if (file && *file)
		curl_easy_setopt(c, CURLOPT_CAINFO, file);
	if (dir && *dir)
		curl_easy_setopt(c, CURLOPT_CAPATH, dir);
}

static int set_url(struct attempt *t)
{
	const char *url = t->h->rq->url;
	bool tls = strncasecmp(url, "https:", 6) == 0;
	CURLU *u = curl_url();
	char *whole = NULL;
	CURLUcode rc = curl_url_set(u, CURLUPART_URL, url, CURLU_URLENCODE);
	if (rc == CURLUE_OK)
		rc = curl_url_get(u, CURLUPART_URL, &whole, 0);
	curl_url_cleanup(u);
	if (rc != CURLUE_OK)
		return err_set(
		    t->err, ERR_USAGE, "the URL is malformed: %s", curl_url_strerror(rc));
	curl_easy_setopt(t->curl, CURLOPT_URL, whole);
	curl_free(whole);
	curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	/* what was asked for by https is not taken from elsewhere in the clear */
	curl_easy_setopt(
	    t->curl, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	return 0;
}

static int set_options(struct attempt *t)
{
	CURL *c = t->curl;
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->cause);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "mlp/" MLP_VERSION);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	set_certificates(c);
	return set_url(t);
}

/* May a partial file of this content be gone on with?  A weak ETag does not say so. */
static const char *range_validator(const struct validators *v)
{
	if (v->etag && strncasecmp(v->etag, "W/", 2) != 0)
		return v->etag;
	return v->modified;
}

static struct validators part_validators(const struct http *h)
{
	struct validators v = {NULL, NULL};
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	auto_json j = NULL;
	const char *s;
	if (file_read(h->part_facts, FACTS_MAX, &text, &ignored) == 0)
		j = json_parse(text.s, text.len, h->part_facts, &ignored);
	if ((s = json_str(j, "etag")))
		v.etag = arena_strdup(h->a, s);
	if ((s = json_str(j, "modified")))
		v.modified = arena_strdup(h->a, s);
	return v;
}

/* Go on where the partial file ends, or from the start. */
static int set_start(struct attempt *t)
{
	struct http *h = t->h;
	struct validators v = part_validators(h);
	const char *mark = range_validator(&v);
	auto_buf range = BUF_INIT;
	struct stat st;
	if (fstat(h->fd, &st) < 0)
		return err_sys(t->err, errno, "cannot read '%s'", h->part);
	digest_start(&t->digest);
	if (mark && st.st_size > 0) {
		t->offset = t->bytes = st.st_size;
		if (digest_add_file(
			&t->digest, h->fd, "reading what is there", h->meter, t->err) < 0)
			return -1;
		if (pread(h->fd, t->head, SNIFF_BYTES, 0) < 0)
			return err_sys(t->err, errno, "cannot read '%s'", h->part);
		buf_addf(&range, "%lld-", (long long)t->offset);
		curl_easy_setopt(t->curl, CURLOPT_RANGE, range.s);
		add_header(t, "If-Range", mark);
	}
	if (lseek(h->fd, t->offset, SEEK_SET) < 0)
		return err_sys(t->err, errno, "cannot read '%s'", h->part);
	if (h->known.etag)
		add_header(t, "If-None-Match", h->known.etag);
	if (h->known.modified)
		add_header(t, "If-Modified-Since", h->known.modified);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

static int finish(struct attempt *t)
{
	struct http *h = t->h;
	struct validators v = marks(t);
	if (!t->began && begin_whole(t) < 0)
		return -1;
	if (t->bytes < SNIFF_BYTES && check_head(t) < 0)
		return -1;
	event_progress(h->meter, "downloading", 1, 1, t->bytes);
	digest_hex(&t->digest, h->sha256);
	h->size = t->bytes;
	h->got.etag = v.etag ? arena_strdup(h->a, v.etag) : NULL;
	h->got.modified = v.modified ? arena_strdup(h->a, v.modified) : NULL;
	return 0;
}

enum outcome { DONE, FAILED, AGAIN };

/* The range that we asked for is not to be had: from the start, then. */
static enum outcome start_over(struct attempt *t)
{
	struct http *h = t->h;
	unlink(h->part_facts);
	if (ftruncate(h->fd, 0) == 0)
		return AGAIN;
	err_sys(t->err, errno, "cannot empty '%s'", h->part);
	return FAILED;
}

static enum outcome judge(struct attempt *t, CURLcode rc)
{
	struct http *h = t->h;
	long status = 0;
	if (t->stop)
		return FAILED;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 304 && rc == CURLE_OK && (h->known.etag || h->known.modified)) {
		h->unchanged = true;
		return DONE;
	}
	if (t->offset > 0 && !t->began && (status == 416 || status == 206))
		return start_over(t);
	if (rc == CURLE_OK && status == 200)
		return finish(t) < 0 ? FAILED : DONE;
	if (rc == CURLE_OK && status == 206 && t->began)
		return finish(t) < 0 ? FAILED : DONE;
	if (t->began && httperr_is_cut(rc))
		return AGAIN;
	h->unreachable = httperr_is_unreachable(rc);
	httperr_set(t->err, h->rq, rc, status, t->cause);
	return FAILED;
}

static void say_cut(const struct attempt *t, struct err *err)
{
	curl_off_t length = -1;
	struct validators v = part_validators(t->h);
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > 0)
		err_set(err, ERR_FAIL, "the download stopped after %lld of %lld bytes",
		    (long long)t->bytes, (long long)(t->offset + length));
	else
		err_set(err, ERR_FAIL, "the download stopped after %lld bytes: %s",
		    (long long)t->bytes, t->cause[0] ? t->cause : "connection lost");
	if (range_validator(&v))
		err_hint(err, "run it again: it goes on from there");
}

static void drop_part(const struct http *h)
{
	unlink(h->part);
	unlink(h->part_facts);
}

/* *best: the most bytes that any attempt had; a cut that brought nothing new is final. */
static enum outcome attempt(struct http *h, int64_t *best, bool last, struct err *err)
{
	struct attempt t = {.h = h, .err = err, .range_start = -1};
	enum outcome o = FAILED;
	t.curl = curl_easy_init();
	if (!t.curl)
		err_set(err, ERR_FAIL, "cannot start libcurl");
	else if (set_options(&t) == 0 && set_start(&t) == 0)
		o = judge(&t, curl_easy_perform(t.curl));
	if (o == AGAIN && (last || (t.began && t.bytes <= *best))) {
		say_cut(&t, err);
		o = FAILED;
	}
	*best = t.bytes > *best ? t.bytes : *best;
	if (t.stop || (o == FAILED && t.bytes == 0))
		drop_part(h); /* nothing that a later attempt could want */
	curl_easy_cleanup(t.curl);
	curl_slist_free_all(t.headers);
	digest_release(&t.digest);
	return o;
}

int http_get(struct http *h, struct err *err)
{
	int64_t best = -1;
	enum outcome o = AGAIN;
	h->fd = open(h->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (h->fd < 0)
		return err_sys(err, errno, "cannot open '%s'", h->part);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	for (int i = 1; o == AGAIN; i++)
		o = attempt(h, &best, i == ATTEMPTS, err);
	curl_global_cleanup(); /* the certificates need not be kept for what follows */
	if (o == DONE)
		return 0;
	fd_close(&h->fd);
	return -1;
}
