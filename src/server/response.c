/* SPDX-License-Identifier: MIT */
#include "server/response.h"

static struct MHD_Response *make_body(struct reply *r)
{
	struct MHD_Response *out;
	size_t n = r->api.body.len;
	if (r->fd >= 0) {
		out =
		    MHD_create_response_from_fd_at_offset64(r->length, r->fd, r->offset);
		if (out)
			r->fd = -1; /* it closes it */
		return out;
	}
	if (n == 0)
		return MHD_create_response_from_buffer(
		    0, (void *)"", MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_buffer(
	    n, buf_detach(&r->api.body), MHD_RESPMEM_MUST_FREE);
}

/* As RFC 6266; the plain form has neither quotes nor what is not ASCII. */
static void add_disposition(struct MHD_Response *out, const char *name)
{
	auto_buf b = BUF_INIT;
	buf_adds(&b, "attachment; filename=\"");
	for (const char *p = name; *p; p++)
		buf_addc(&b, *p == '"' || *p == '\\' || (*p & 0x80) ? '_' : *p);
	buf_adds(&b, "\"; filename*=UTF-8''");
	for (const char *p = name; *p; p++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			   "0123456789-._~",
			*p))
			buf_addc(&b, *p);
		else
			buf_addf(&b, "%%%02X", (unsigned char)*p);
	MHD_add_response_header(out, "Content-Disposition", b.s);
}

static void add_file_headers(struct MHD_Response *out, const struct reply *r)
{
	char range[96];
	if (r->etag[0])
		MHD_add_response_header(out, "ETag", r->etag);
	if (r->file_name)
		add_disposition(out, r->file_name);
	if (r->file_name || r->api.status == 416)
		MHD_add_response_header(out, "Accept-Ranges", "bytes");
	if (r->api.status == 206)
		snprintf(range, sizeof(range), "bytes %llu-%llu/%llu",
		    (unsigned long long)r->offset,
		    (unsigned long long)(r->offset + r->length - 1),
		    (unsigned long long)r->size);
	else if (r->api.status == 416)
		snprintf(
		    range, sizeof(range), "bytes */%llu", (unsigned long long)r->size);
	else
		return;
	MHD_add_response_header(out, "Content-Range", range);
}

static void add_allow(struct MHD_Response *out, unsigned allow)
{
	static const struct {
		enum api_method verb;
		const char *name;
	} verbs[] = {{API_GET, "GET, HEAD"}, {API_POST, "POST"}, {API_PUT, "PUT"},
	    {API_PATCH, "PATCH"}, {API_DELETE, "DELETE"}};
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (allow & 1U << verbs[i].verb)
			buf_addf(&b, "%s%s", b.len ? ", " : "", verbs[i].name);
	if (b.len > 0)
		MHD_add_response_header(out, "Allow", b.s);
}

struct MHD_Response *response_make(struct reply *r, const char *id)
{
	struct MHD_Response *out = make_body(r);
	if (!out)
		return NULL;
	if (r->api.content_type)
		MHD_add_response_header(out, "Content-Type", r->api.content_type);
	MHD_add_response_header(out, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(out, "X-Request-Id", id);
	add_file_headers(out, r);
	if (r->api.status == 405)
		add_allow(out, r->api.allow);
	if (r->challenge)
		MHD_add_response_header(out, "WWW-Authenticate", r->challenge);
	if (r->later)
		MHD_add_response_header(out, "Retry-After", "1");
	if (r->closes)
		MHD_add_response_header(out, "Connection", "close");
	return out;
}
