/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an archive: no crash, nothing outside the directory, no link that leads out
 * of it, nothing but files, directories and links in it, and no more than was allowed.
 */
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "fetch/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 32 << 10, OUT_MAX = 1 << 20, BLOCK = 512, OPEN_MAX = 16 };

static int64_t bytes; /* nftw passes nothing along */

static void check(bool good)
{
	if (!good)
		abort();
}

/* A tar's headers have a checksum, which hardly a change of them would survive. */
static void mend_checksums(unsigned char *tar, size_t size)
{
	enum { SUM_AT = 148, SUM_LEN = 8, MAGIC_AT = 257 };
	for (; size >= BLOCK; tar += BLOCK, size -= BLOCK) {
		char text[SUM_LEN];
		unsigned sum = 0;
		if (memcmp(tar + MAGIC_AT, "ustar", 5) != 0)
			continue;
		memset(tar + SUM_AT, ' ', SUM_LEN);
		for (size_t i = 0; i < BLOCK; i++)
			sum += tar[i];
		snprintf(text, sizeof(text), "%06o", sum);
		memcpy(tar + SUM_AT, text, SUM_LEN - 1);
	}
}

/* `level` directories below the one that must not be left, links lie. */
static void check_link(const char *path, int level)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to) - 1);
	check(n > 0 && to[0] != '/');
	to[n] = '\0';
	for (const char *s = to; *s;) {
		size_t len = strcspn(s, "/");
		if (len == 2 && s[0] == '.' && s[1] == '.')
			check(--level > 0);
		else if (len > 0 && !(len == 1 && s[0] == '.'))
			level++;
		s += len + (s[len] == '/');
	}
}

static int check_file(
    const char *path, const struct stat *st, int type, struct FTW *where)
{
	check(type == FTW_F || type == FTW_D || type == FTW_SL);
	check(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode));
	check(S_ISLNK(st->st_mode) || !(st->st_mode & (S_ISUID | S_ISGID)));
	/* the directory that was filled is at level 1 */
	check(where->level < 2 || strncmp(path_base(path), "..", 3) != 0);
	if (S_ISLNK(st->st_mode))
		check_link(path, where->level - 1);
	if (S_ISREG(st->st_mode))
		bytes += st->st_size / (int64_t)st->st_nlink;
	return 0;
}

static void try(int fd, const char *top, enum fetch_op op)
{
	auto_arena a = ARENA_INIT;
	const char *dest = path_join(&a, top, "dest");
	struct request rq = {
	    .op = op, .shown = "x", .subdir = "sub", .max = OUT_MAX, .sniff = true};
	struct meter meter = METER_INIT;
	struct err err = ERR_INIT;
	check(mkdir(dest, 0700) == 0);
	if (extract(fd, &rq, dest, &meter, &err) < 0)
		check(err.code != ERR_NONE && err.msg[0]);
	bytes = 0;
	check(nftw(top, check_file, OPEN_MAX, FTW_PHYS) == 0);
	check(bytes <= OUT_MAX);
	err.code = ERR_NONE;
	check(tree_remove(dest, &err) == 0);
	check(rmdir(top) == 0 && mkdir(top, 0700) == 0); /* nothing beside it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char top[] = "/dev/shm/mlp-fuzz-XXXXXX";
	auto_fd fd = memfd_create("archive", MFD_CLOEXEC);
	unsigned char *text;
	if (size > INPUT_MAX)
		return 0;
	setlocale(LC_CTYPE, "C.UTF-8"); /* as mlp-fetch has it, for names */
	text = malloc(size + 1);
	check(text && fd >= 0 && mkdtemp(top));
	memcpy(text, data, size);
	mend_checksums(text, size);
	check(fd_write_all(fd, text, size) == 0);
	free(text);
	for (int op = FETCH_EXTRACT; op <= FETCH_PEEK; op++) {
		check(lseek(fd, 0, SEEK_SET) == 0);
		try(fd, top, (enum fetch_op)op);
	}
	rmdir(top);
	return 0;
}
