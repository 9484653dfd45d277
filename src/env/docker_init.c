/* SPDX-License-Identifier: MIT */
/*
 * docker_init.c -- a command that could not be started in an image (declared in docker.h).
 *
 * The engine's small init (tini) is what it starts: that the command is not there only the
 * init finds out, and says it as the command's output.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "env/docker.h"

enum { NOT_RUNNABLE = 126, NO_SUCH = 127, SAID_MAX = 4096 };

bool docker_init_words(
    struct arena *a, const char *said, const char **name, const char **because)
{
	static const char begin[] = "[FATAL tini (", exec[] = ")] exec ",
			  failed[] = " failed: ";
	size_t n = strlen(said);
	const char *line, *at, *next;
	while (n && strchr("\r\n", said[n - 1]))
		n--;
	said = arena_strndup(a, said, n);
	line = strrchr(said, '\n');
	line = line ? line + 1 : said;
	if (strncmp(line, begin, sizeof(begin) - 1) != 0)
		return false;
	line += sizeof(begin) - 1;
	line += strspn(line, "0123456789");
	if (strncmp(line, exec, sizeof(exec) - 1) != 0)
		return false;
	line += sizeof(exec) - 1;
	at = strstr(line, failed);
	while (at && (next = strstr(at + 1, failed))) /* its name may have these words */
		at = next;
	if (!at)
		return false;
	*name = arena_strndup(a, line, (size_t)(at - line));
	*because = at + sizeof(failed) - 1;
	return true;
}

/* With a terminal everything is on stdout, and more than this no init says. */
static const char *last_words(
    const struct env *e, const struct docker *d, const struct outcome *o)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	if (!d->tty)
		return o->stderr_tail ? o->stderr_tail : "";
	if (o->stdout_bytes > SAID_MAX || !e->want.log_dir ||
	    file_read(path_join(e->want.a, e->want.log_dir, "stdout.log"), SAID_MAX,
		&text, &ignored) < 0)
		return "";
	return arena_strdup(e->want.a, text.s);
}

bool docker_judge_init(
    struct env *e, const struct docker *d, struct outcome *o, struct err *why)
{
	const char *name, *because, *image = d->image.uri;
	/* a shell that is there starts: what looks like it is the command's own output */
	if (d->has_shell || o->exit.kind != EXIT_EXITED ||
	    (o->exit.code != NO_SUCH && o->exit.code != NOT_RUNNABLE) ||
	    !docker_init_words(e->want.a, last_words(e, d, o), &name, &because))
		return false;
	o->exit.kind = EXIT_NEVER;
	err_set(why, ERR_FAIL, "'%s' cannot be started in the image %s: %s", name, image,
	    because);
	if (o->exit.code == NO_SUCH)
		err_hint(why, "name an image that has it, and what it needs itself: the "
			      "interpreter "
			      "of its first line, libraries");
	else
		err_hint(why, "is it a program, and may be executed (chmod +x)?");
	return true;
}
