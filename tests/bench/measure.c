/* SPDX-License-Identifier: MIT */
/*
 * measure -- run commands in turn, many times, and print the medians.
 *
 *   measure [-p PREPARE] COUNT COMMAND...
 *
 * Each COMMAND is one word, split at spaces (no quoting); PREPARE is given to sh before
 * each and is not measured.  Taking turns makes them share whatever else the machine does.
 * One line per command: wall ms, CPU ms (user and system), greatest resident KiB.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

enum { MAX_WORDS = 64, MAX_COMMANDS = 16 };

struct sample {
	double wall, cpu, rss;
};

static double now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double tv_ms(struct timeval tv)
{
	return (double)tv.tv_sec * 1e3 + (double)tv.tv_usec / 1e3;
}

static struct sample run(char *const *argv, int must_work)
{
	posix_spawn_file_actions_t files;
	struct rusage ru;
	double start = now_ms();
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &files, NULL, argv, environ) != 0) {
		fprintf(stderr, "measure: cannot run %s\n", argv[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&files);
	wait4(pid, &status, 0, &ru);
	if (must_work && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
		fprintf(stderr, "measure: %s failed (%d)\n", argv[0], status);
		exit(1);
	}
	return (struct sample){now_ms() - start, tv_ms(ru.ru_utime) + tv_ms(ru.ru_stime),
	    (double)ru.ru_maxrss};
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(const struct sample *s, int n, size_t offset)
{
	double *v = calloc((size_t)n, sizeof(*v)), m;
	for (int i = 0; i < n; i++)
		memcpy(&v[i], (const char *)&s[i] + offset, sizeof(double));
	qsort(v, (size_t)n, sizeof(*v), compare);
	m = v[n / 2];
	free(v);
	return m;
}

static char **split(char *text)
{
	static char *words[MAX_COMMANDS][MAX_WORDS + 1];
	static int used;
	char **v = words[used++], *save = NULL;
	int n = 0;
	for (char *w = strtok_r(text, " ", &save); w && n < MAX_WORDS;
	     w = strtok_r(NULL, " ", &save))
		v[n++] = w;
	return v;
}

int main(int argc, char **argv)
{
	char *prepare[] = {(char *)"sh", (char *)"-c", NULL, NULL},
	     **command[MAX_COMMANDS];
	struct sample *samples[MAX_COMMANDS];
	int at = 1, count, n;
	if (argc > 2 && strcmp(argv[1], "-p") == 0) {
		prepare[2] = argv[2];
		at = 3;
	}
	count = at < argc ? atoi(argv[at++]) : 0;
	n = argc - at;
	if (count < 1 || n < 1 || n > MAX_COMMANDS) {
		fprintf(stderr, "usage: measure [-p PREPARE] COUNT COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		command[i] = split(argv[at + i]);
		samples[i] = calloc((size_t)count, sizeof(**samples));
	}
	for (int turn = -1; turn < count; turn++) /* the first one warms up */
		for (int i = 0; i < n; i++) {
			struct sample s;
			if (prepare[2])
				run(prepare, 1);
			s = run(command[i], 1);
			if (turn >= 0)
				samples[i][turn] = s;
		}
	for (int i = 0; i < n; i++)
		printf("%.3f %.3f %.0f\n", median(samples[i], count, 0),
		    median(samples[i], count, sizeof(double)),
		    median(samples[i], count, 2 * sizeof(double)));
	return 0;
}
