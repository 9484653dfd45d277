/* SPDX-License-Identifier: MIT */
/*
 * standalone.c -- a main() for a fuzzer without libFuzzer: every file named on the
 * command line, and every file below a directory named there, is given to it once.
 */
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum { LARGEST = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path);

static int replay_dir(const char *path)
{
	auto_arena a = ARENA_INIT;
	auto_dir d = opendir(path);
	struct dirent *e;
	int n = 0;
	if (!d) {
		perror(path);
		exit(2);
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			n += replay(path_join(&a, path, e->d_name));
	return n;
}

/* The number of inputs that were tried. */
static int replay(const char *path)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	char *exact;
	if (path_is_dir(path))
		return replay_dir(path);
	if (file_read(path, LARGEST, &text, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(2);
	}
	/* Without the NUL behind it, so that a read past the end is seen. */
	exact = malloc(text.len ? text.len : 1);
	if (!exact)
		exit(2);
	memcpy(exact, text.s, text.len);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, text.len);
	free(exact);
	return 1;
}

int main(int argc, char **argv)
{
	int n = 0;
	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	printf("%d inputs\n", n);
	return n > 0 ? 0 : 1;
}
