/* SPDX-License-Identifier: MIT */
/*
 * drive_supervise -- supervise one command, for tests by hand and through a terminal:
 *
 *	drive_supervise REPORT STDOUT_LOG STDERR_LOG TIMEOUT_MS COMMAND [ARG...]
 *
 * Writes how it went to REPORT, one `name=value` a line.
 */
#include <inttypes.h>

#include "run/supervise.h"

static void say(void *arg, enum say_level level, const char *text)
{
	(void)arg;
	if (level != SAY_DEBUG)
		fprintf(stderr, "say: %s\n", text);
}

static void report(
    const char *path, int rc, const struct outcome *o, const struct err *err)
{
	FILE *f = fopen(path, "we");
	if (!f)
		return;
	fprintf(f, "rc=%d\nkind=%s\ncode=%d\nsig=%d\nstop_signal=%d\nleftovers=%d\n", rc,
	    exit_kind_word(o->exit.kind), o->exit.code, o->exit.sig, o->stop_signal,
	    o->leftovers);
	fprintf(f, "stdout_bytes=%" PRId64 "\nstderr_bytes=%" PRId64 "\nlog_errno=%d\n",
	    o->stdout_bytes, o->stderr_bytes, o->log_errno);
	fprintf(f, "err=%s\ntail=%s\n", err->msg, o->stderr_tail ? o->stderr_tail : "");
	fclose(f);
}

int main(int argc, char **argv)
{
	struct ctx ctx = {.cwd = "/", .trace = -1, .say = say};
	struct err err = ERR_INIT;
	struct outcome out;
	int rc;
	if (argc < 6)
		return 2;
	struct launch l = {.stdout_log = argv[2],
	    .stderr_log = argv[3],
	    .timeout_ms = strtol(argv[4], NULL, 10),
	    .argv = argv + 5};
	rc = supervise(&ctx, &l, &out, &err);
	report(argv[1], rc, &out, &err);
	free(out.stderr_tail);
	return rc == 0 ? 0 : 1;
}
