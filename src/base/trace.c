/* SPDX-License-Identifier: MIT */
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>

int trace_open(const struct ctx *ctx)
{
	const char *path = getenv("MLP_TRACE");
	int fd;
	if (!path || !*path)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		ctx_say(ctx, SAY_WARNING, "MLP_TRACE: cannot write '%s': %s", path,
		    strerror(errno));
	return fd;
}
