/* SPDX-License-Identifier: MIT */
/* docker_command.c -- how a command is started in an image (declared in docker_argv.h). */
#include "base/buf.h"
#include "env/docker_argv.h"

/* The shell that there is, as the command's own; $0 is the command. */
static const char by_shell[] =
    "command -v bash >/dev/null 2>&1 && exec bash -c \"$0\"; exec sh -c \"$0\"";

/* One word up to `*s`'s blank; -1: it takes a shell to know what it is. */
static int read_word(const char **s, struct buf *word)
{
	const char *p = *s;
	for (; *p && *p != ' ' && *p != '\t' && *p != '\n'; p++) {
		char quote = *p;
		if (quote == '\'' || quote == '"') {
			for (p++; *p && *p != quote; p++) {
				if (quote == '"' && strchr("$`\\", *p))
					return -1;
				buf_addc(word, *p);
			}
			if (!*p)
				return -1;
		} else if (strchr("|&;<>()$`\\*?[]{}#~!=", *p) &&
			   (*p != '=' || word->len == 0 || !strchr("-/", word->s[0]))) {
			return -1;
		} else {
			buf_addc(word, *p);
		}
	}
	*s = p;
	return 0;
}

static int plain_words(const char *command, struct strvec *argv)
{
	const char *s = command, *line = strchr(command, '\n');
	if (line && line[strspn(line, " \t\n")])
		return -1; /* another command begins there */
	for (;;) {
		auto_buf word = BUF_INIT;
		s += strspn(s, " \t\n");
		if (!*s)
			return argv->n > 0 ? 0 : -1;
		if (read_word(&s, &word) < 0)
			return -1;
		strvec_push(argv, word.s);
	}
}

int docker_command(const char *command, bool plain, struct strvec *argv, struct err *err)
{
	if (!plain) {
		strvec_push(argv, "sh");
		strvec_push(argv, "-c");
		strvec_push(argv, by_shell);
		strvec_push(argv, command);
		return 0;
	}
	if (plain_words(command, argv) == 0)
		return 0;
	return err_set(
	    err, ERR_FAIL, "the image has no shell, and the command needs one");
}
