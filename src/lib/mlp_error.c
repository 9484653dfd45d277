/* SPDX-License-Identifier: MIT */
/* Errors for the caller, and structs of another version's size. */
#include <stdarg.h>

#include "lib/context.h"

enum { SIZE_MAX_SANE = 65536 };

_Static_assert((int)ERR_FAIL == MLP_ERR_FAIL && (int)ERR_USAGE == MLP_ERR_USAGE &&
		   (int)ERR_NOTFOUND == MLP_ERR_NOTFOUND &&
		   (int)ERR_EXISTS == MLP_ERR_EXISTS && (int)ERR_BUSY == MLP_ERR_BUSY &&
		   (int)ERR_CONFLICT == MLP_ERR_CONFLICT &&
		   (int)ERR_INTERRUPTED == MLP_ERR_INTERRUPTED,
    "the codes are one set");

int error_give(struct mlp_error *to, const struct err *err)
{
	struct mlp_error e = MLP_ERROR_INIT;
	if (!to || to->struct_size < sizeof(size_t))
		return -1;
	e.struct_size = to->struct_size;
	e.code = (int)err->code;
	e.errnum = err->code == ERR_INTERRUPTED ? 0 : err->sys;
	snprintf(e.message, sizeof(e.message), "%s", err->msg);
	snprintf(e.hint, sizeof(e.hint), "%s", err->hint);
	memcpy(to, &e, to->struct_size < sizeof(e) ? to->struct_size : sizeof(e));
	return -1;
}

int error_say(struct mlp_error *to, enum err_code code, const char *fmt, ...)
{
	struct err err = ERR_INIT;
	va_list ap;
	err.code = code;
	va_start(ap, fmt);
	vsnprintf(err.msg, sizeof(err.msg), fmt, ap);
	va_end(ap);
	return error_give(to, &err);
}

int options_take(
    void *to, size_t size, const void *from, const char *what, struct mlp_error *error)
{
	size_t theirs = size;
	const unsigned char *bytes = from;
	memset(to, 0, size);
	if (from)
		memcpy(&theirs, from, sizeof(theirs));
	if (theirs < sizeof(theirs) || theirs > SIZE_MAX_SANE)
		return error_say(error, ERR_USAGE,
		    "struct_size of struct %s is %zu: it has to be set, as its _INIT "
		    "does",
		    what, theirs);
	for (size_t i = size; from && i < theirs; i++)
		if (bytes[i])
			return error_say(error, ERR_USAGE,
			    "struct %s has an option that libmlp " MLP_VERSION
			    " does not know",
			    what);
	if (from)
		memcpy(to, from, theirs < size ? theirs : size);
	memcpy(to, &size, sizeof(size));
	return 0;
}
