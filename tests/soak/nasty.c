/* SPDX-License-Identifier: MIT */
/*
 * nasty.c -- a command that does not want to be stopped: nasty HOW [SECONDS] starts a
 * process that sleeps, with its standard output open, and
 *
 *   child    waits for it, as any program does
 *   group    which has a process group of its own
 *   daemon   which has forked twice, left the session, and ignores TERM, INT and HUP
 *   naked    likewise, with an empty environment
 *   inside   with an empty environment, in the session of the command
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void deafen(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static _Noreturn void sleep_as(char *self, char *seconds, int naked)
{
	char *argv[] = {self, "sleep", seconds, NULL};
	char *nothing[] = {NULL};
	if (naked)
		execve(self, argv, nothing);
	else
		execv(self, argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	char *how = argc > 1 ? argv[1] : "child", *seconds = argc > 2 ? argv[2] : "60";
	char self[4096] = "";
	int away = strcmp(how, "daemon") == 0 || strcmp(how, "naked") == 0;
	if (strcmp(how, "sleep") == 0) {
		sleep((unsigned)atoi(seconds));
		return 0;
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return 127;
	if (fork() == 0) {
		if (strcmp(how, "group") == 0)
			setpgid(0, 0);
		if (away) {
			deafen();
			setsid();
			if (fork() != 0)
				_exit(0);
		}
		sleep_as(self, seconds,
		    strcmp(how, "naked") == 0 || strcmp(how, "inside") == 0);
	}
	if (strcmp(how, "child") == 0 || strcmp(how, "group") == 0)
		sleep((unsigned)atoi(seconds));
	return 0;
}
