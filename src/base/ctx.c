/* SPDX-License-Identifier: MIT */
#include "base/ctx.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

bool ctx_wants_offline(void)
{
	const char *v = getenv("MLP_OFFLINE");
	return v && *v && strcmp(v, "0") != 0;
}

void ctx_say(const struct ctx *ctx, enum say_level level, const char *fmt, ...)
{
	auto_buf b = BUF_INIT;
	va_list ap;
	if (!ctx->say)
		return;
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	ctx->say(ctx->arg, level, b.s);
}
