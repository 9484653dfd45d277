/* SPDX-License-Identifier: MIT */
#include "base/fault.h"

#ifdef MLP_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

extern struct fault __start_mlp_faults[], __stop_mlp_faults[];

static void kill_children(void)
{
	char text[4096], *end;
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	ssize_t n;
	buf_addf(&path, "/proc/self/task/%ld/children", (long)getpid());
	fd = open(path.s, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	for (const char *s = text;; s = end) {
		long pid = strtol(s, &end, 10);
		if (end == s)
			return;
		kill((pid_t)pid, SIGKILL);
	}
}

/* The test must know that it happened. */
static void say(const char *name)
{
	const char *path = getenv("MLP_FAULT_SAID");
	auto_fd fd =
	    path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		(void)!dprintf(fd, "%s %ld\n", name, (long)getpid());
}

static void do_kill(const char *who)
{
	if (strcmp(who, "children") == 0)
		kill_children();
	else if (strcmp(who, "parent") == 0)
		kill(getppid(), SIGKILL);
	else
		kill(strcmp(who, "self") == 0 ? getpid() : (pid_t)strtol(who, NULL, 10),
		    SIGKILL);
}

void fault_pass(struct fault *f)
{
	const char *wish = getenv("MLP_FAULT");
	size_t n = strlen(f->name);
	char *rest;
	unsigned long when = 1;
	if (!wish || strncmp(wish, f->name, n) != 0 || !strchr(":", wish[n]))
		return;
	if (wish[n])
		when = strtoul(wish + n + 1, &rest, 10);
	else
		rest = (char *)wish + n;
	if (++f->passed != when)
		return;
	say(f->name);
	do_kill(*rest == ':' ? rest + 1 : "self");
}

__attribute__((constructor)) static void list_faults(void)
{
	const char *wish = getenv("MLP_FAULT");
	if (!wish || strcmp(wish, "list") != 0)
		return;
	for (const struct fault *f = __start_mlp_faults; f < __stop_mlp_faults; f++)
		puts(f->name);
	exit(0);
}

#else
typedef int fault_is_nothing; /* a file must declare something */
#endif
