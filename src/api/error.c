/* SPDX-License-Identifier: MIT */
#include "api/error.h"

#include <stdarg.h>

#include "api/message.h"

struct code {
	int status;
	const char *name;
};

static struct code code_of(const struct err *err)
{
	switch (err->code) {
	case ERR_NOTFOUND:
		return (struct code){404, "RESOURCE_DOES_NOT_EXIST"};
	case ERR_USAGE:
	case ERR_CONFLICT:
		return (struct code){400, "INVALID_PARAMETER_VALUE"};
	case ERR_EXISTS:
		return (struct code){400, "RESOURCE_ALREADY_EXISTS"};
	case ERR_BUSY:
	case ERR_INTERRUPTED:
		return (struct code){503, "TEMPORARILY_UNAVAILABLE"};
	case ERR_UNSUPPORTED:
		return (struct code){404, "ENDPOINT_NOT_FOUND"};
	default:
		return (struct code){500, "INTERNAL_ERROR"};
	}
}

void api_fail(struct api_reply *out, const struct err *err)
{
	struct code code = code_of(err);
	api_fail_as(out, code.status, code.name, err->msg);
}

struct error_reply {
	const char *error_code, *message;
};
static const struct field error_fields[] = {
    FIELD(struct error_reply, error_code, FIELD_STR),
    FIELD(struct error_reply, message, FIELD_STR),
    {0},
};
static const struct message error_message = MESSAGE(struct error_reply, error_fields);

void api_fail_as(
    struct api_reply *out, int status, const char *error_code, const char *message)
{
	struct error_reply reply = {error_code, message};
	buf_clear(&out->body);
	out->status = status;
	out->content_type = "application/json";
	message_write(&error_message, &reply, &out->body);
}

int api_refuse(struct api *api, struct err *err, int status, const char *error_code,
    const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	api->refusal = (struct api_refusal){status, error_code};
	return err_set(err, ERR_USAGE, "%s", text);
}
