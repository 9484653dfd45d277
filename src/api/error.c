/* SPDX-License-Identifier: MIT */
#include "api/error.h"

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
	default:
		return (struct code){500, "INTERNAL_ERROR"};
	}
}

void api_fail(struct api_reply *out, const struct err *err)
{
	struct code code = code_of(err);
	api_fail_as(out, code.status, code.name, err->msg);
}
