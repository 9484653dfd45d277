/* SPDX-License-Identifier: MIT */
#include "run/statedir.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/cleanup.h"

int state_check(const struct ctx *ctx, struct err *err)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	char text[16] = "";
	long format;
	if (!ctx->state_dir)
		return 0;
	buf_addf(&path, "%s/format", ctx->state_dir);
	fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	format = strtol(text, NULL, 10);
	if (format <= STATE_FORMAT)
		return 0;
	err_set(err, ERR_UNSUPPORTED,
	    "'%s' is of a newer mlp (format %ld; this one knows %d)", ctx->state_dir,
	    format, STATE_FORMAT);
	return err_hint(
	    err, "use that mlp, or set XDG_STATE_HOME to a directory of this one");
}

void state_note(const struct ctx *ctx)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	buf_addf(&path, "%s/format", ctx->state_dir);
	fd = open(path.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)!dprintf(fd, "%d\n", STATE_FORMAT);
}
