/* SPDX-License-Identifier: MIT */
#include "git/sshcmd.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/proc.h"
#include "git/config.h"

enum dialect { OPENSSH, PLINK, SIMPLE };

struct program {
	const char *text; /* a program, or words for the shell */
	bool shell;
};

static const char *env_value(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

static struct program find_program(struct arena *a, git_repository *repo)
{
	const char *text = env_value("GIT_SSH_COMMAND");
	if (!text)
		text = config_text(a, repo, "core.sshcommand");
	if (text && *text)
		return (struct program){text, true};
	text = env_value("GIT_SSH");
	return (struct program){text ? text : "ssh", false};
}

bool sshcmd_there_is(git_repository *repo)
{
	auto_arena a = ARENA_INIT;
	struct program p = find_program(&a, repo);
	return p.shell || strcmp(p.text, "ssh") != 0 || proc_can_find("ssh");
}

/* The program's words; the arguments follow. */
static void push_program(struct arena *a, const struct program *p, struct strvec *argv)
{
	if (!p->shell) {
		strvec_push(argv, p->text);
		return;
	}
	strvec_push(argv, "/bin/sh");
	strvec_push(argv, "-c");
	strvec_push(argv, arena_printf(a, "%s \"$@\"", p->text));
	strvec_push(argv, p->text);
}

static bool dialect_from_word(const char *word, enum dialect *out)
{
	static const struct {
		const char *word;
		enum dialect dialect;
	} words[] = {{"ssh", OPENSSH}, {"plink", PLINK}, {"putty", PLINK},
	    {"tortoiseplink", PLINK}, {"simple", SIMPLE}};
	for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i].word) == 0) {
			*out = words[i].dialect;
			return true;
		}
	return false;
}

/* The name of the program: of a command its first word, quotes and all. */
static const char *program_name(struct arena *a, const struct program *p)
{
	const char *s = p->text;
	char *word;
	size_t n;
	if (!p->shell)
		return path_base(s);
	s += strspn(s, " \t\"'");
	word = arena_strndup(a, s, strcspn(s, " \t\"'"));
	s = path_base(word);
	n = strlen(s);
	return n > 4 && strcasecmp(s + n - 4, ".exe") == 0 ? arena_strndup(a, s, n - 4)
							   : s;
}

/* As git finds out what an unknown program takes: OpenSSH alone has -G. */
static bool takes_openssh_options(
    struct arena *a, const struct program *program, const struct address *to)
{
	auto_strvec argv = STRVEC_INIT;
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct proc p = PROC_INIT;
	struct err ignored = ERR_INIT;
	struct exit_status st;
	push_program(a, program, &argv);
	strvec_push(&argv, "-G");
	strvec_push(&argv, to->host);
	p.argv = strvec_argv(&argv);
	p.fd[0] = p.fd[1] = p.fd[2] = null;
	p.flags = PROC_DIE_WITH_US;
	if (null < 0 || proc_start(&p, -1, &ignored) < 0)
		return false;
	st = proc_wait(p.pid);
	return st.kind == EXIT_EXITED && st.code == 0;
}

static enum dialect find_dialect(struct arena *a, git_repository *repo,
    const struct program *p, const struct address *to)
{
	const char *set = env_value("GIT_SSH_VARIANT");
	enum dialect d;
	if (!set)
		set = config_text(a, repo, "ssh.variant");
	if (dialect_from_word(set, &d) || dialect_from_word(program_name(a, p), &d))
		return d;
	return takes_openssh_options(a, p, to) ? OPENSSH : SIMPLE;
}

/* In single quotes, whatever it is: the shell at the other end is not ours. */
static const char *remote_word(struct arena *a, const char *s)
{
	auto_buf b = BUF_INIT;
	buf_addc(&b, '\'');
	for (; *s; s++)
		if (*s == '\'' || *s == '!')
			buf_addf(&b, "'\\%c'", *s);
		else
			buf_addc(&b, *s);
	buf_addc(&b, '\'');
	return arena_strdup(a, b.s);
}

int sshcmd_make(struct arena *a, git_repository *repo, const struct address *to,
    struct strvec *argv, struct err *err)
{
	struct program p = find_program(a, repo);
	enum dialect d = find_dialect(a, repo, &p, to);
	push_program(a, &p, argv);
	if (d == OPENSSH) {
		strvec_push(argv, "-o");
		strvec_push(argv, "BatchMode=yes");
	} else if (d == PLINK) {
		strvec_push(argv, "-batch");
	}
	if (to->port && d == SIMPLE)
		return err_set(err, ERR_USAGE,
		    "'%s': the program for ssh ('%s') takes no port; GIT_SSH_VARIANT can "
		    "say what it is",
		    to->shown, p.text);
	if (to->port) {
		strvec_push(argv, d == OPENSSH ? "-p" : "-P");
		strvec_push(argv, to->port);
	}
	strvec_push(
	    argv, to->user ? arena_printf(a, "%s@%s", to->user, to->host) : to->host);
	strvec_pushf(argv, "git-upload-pack %s", remote_word(a, to->path));
	return 0;
}
