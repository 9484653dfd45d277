/* SPDX-License-Identifier: MIT */
/* mlp-fetch's parts: names and links of members, what writes them, first bytes, names. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "fetch/digest.h"
#include "fetch/member.h"
#include "fetch/size.h"
#include "fetch/sniff.h"
#include "fetch/store.h"
#include "fetch/writer.h"

struct world {
	struct arena a;
	char *dir;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char template[] = "/tmp/test-fetch-XXXXXX";
	struct err err = ERR_INIT;
	if (!mkdtemp(template))
		return -1;
	w->dir = arena_strdup(&w->a, template);
	*state = w;
	return dir_make(path_join(&w->a, w->dir, "root"), 0700, &err);
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	tree_remove(w->dir, &err);
	arena_release(&w->a);
	free(w);
	return 0;
}

static void test_member_paths(void **state)
{
	static const struct {
		const char *name, *path;
	} good[] = {
	    {"a", "a"},
	    {"./a//b/./c/", "a/b/c"},
	    {"", ""},
	    {"./", ""},
	    {"a/...", "a/..."},
	    {"..a/b..", "..a/b.."},
	    {"a\nb", "a\nb"},
	    {"\xc3\xa9/x", "\xc3\xa9/x"},
	};
	static const char *const bad[] = {"/a", "//a", "..", "../a", "a/../b", "a/..",
	    "./../a", "a\xff", "\xe9/x", "0123456789012345678901234567890123456789/x"};
	auto_buf out = BUF_INIT;
	auto_buf name = BUF_INIT;
	struct err err = ERR_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(member_path(good[i].name, 40, &out, &err), 0);
		assert_string_equal(out.s, good[i].path);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;
		if (member_path(bad[i], 40, &out, &e) == 0)
			fail_msg("%s was taken", bad[i]);
		assert_non_null(strstr(e.msg, "member '"));
	}
	for (int i = 0; i < 255; i++)
		buf_addc(&name, 'n');
	assert_int_equal(member_path(name.s, 4000, &out, &err), 0);
	buf_addc(&name, 'n');
	assert_int_equal(member_path(name.s, 4000, &out, &err), -1);
}

static void test_link_targets(void **state)
{
	static const struct {
		const char *path, *target;
		bool good;
	} t[] = {
	    {"l", "a", true},
	    {"l", "./a/b", true},
	    {"d/l", "../a", true},
	    {"d/e/l", "../../a", true},
	    {"d/e/l", ".././../a", true},
	    {"l", "..", false},
	    {"l", "../a", false},
	    {"d/l", "../../a", false},
	    {"d/l", "/etc/passwd", false},
	    {"l", "", false},
	    /* through a link to a deep directory this would climb out */
	    {"l", "a/../b", false},
	    {"d/l", "x/../../..", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err err = ERR_INIT;
		if ((member_check_target(t[i].path, t[i].target, &err) == 0) != t[i].good)
			fail_msg("%s -> %s", t[i].path, t[i].target);
	}
}

static void put(struct writer *w, const char *path, const char *text)
{
	struct err err = ERR_INIT;
	auto_fd fd = writer_file(w, path, 0644, &err);
	if (fd < 0)
		fail_msg("%s: %s", path, err.msg);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static void holds(struct world *w, const char *path, const char *text)
{
	auto_buf b = BUF_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(file_read(path_join(&w->a, w->dir, path), 100, &b, &err), 0);
	assert_string_equal(b.s, text);
}

static mode_t mode_of(struct world *w, const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path_join(&w->a, w->dir, path), &st), 0);
	return st.st_mode & 07777;
}

/* Links that lead out are made here: the writer must not go through them all the same. */
static void test_writer_stays_inside(void **state)
{
	struct world *wo = *state;
	auto_fd root = open(path_join(&wo->a, wo->dir, "root"), O_RDONLY | O_DIRECTORY);
	struct writer w;
	struct err err = ERR_INIT;
	writer_init(&w, root);
	assert_int_equal(writer_symlink(&w, "out", "..", &err), 0);
	assert_int_equal(writer_symlink(&w, "file", "../victim", &err), 0);
	assert_int_equal(writer_file(&w, "out/x", 0644, &err), -1);
	assert_non_null(strstr(err.msg, "below a link or a file"));
	assert_int_equal(writer_dir(&w, "out", 0755, &err), -1);
	assert_int_equal(writer_dir(&w, "out/y", 0755, &err), -1);
	assert_int_equal(writer_link(&w, "h", "file", &err), -1);
	assert_int_equal(writer_link(&w, "h", "out/z", &err), -1);
	assert_int_equal(writer_symlink(&w, "out/s", "x", &err), -1);
	put(&w, "file", "mine"); /* replaces the link */
	holds(wo, "root/file", "mine");
	assert_false(path_exists(path_join(&wo->a, wo->dir, "victim")));
	assert_false(path_exists(path_join(&wo->a, wo->dir, "x")));
	assert_false(path_exists(path_join(&wo->a, wo->dir, "y")));
	writer_release(&w);
}

static void test_writer_makes(void **state)
{
	struct world *wo = *state;
	auto_fd root = open(path_join(&wo->a, wo->dir, "root"), O_RDONLY | O_DIRECTORY);
	struct writer w;
	struct err err = ERR_INIT;
	mode_t before = umask(027);
	writer_init(&w, root);
	put(&w, "a/b/c", "one");
	put(&w, "a/b/c", "two");
	put(&w, "a/d", "three");
	put(&w, "top", "four");
	holds(wo, "root/a/b/c", "two");
	holds(wo, "root/a/d", "three");
	assert_int_equal(mode_of(wo, "root/a/d"), 0640);
	close(writer_file(&w, "s", 06755, &err));
	assert_int_equal(mode_of(wo, "root/s"), 0750);
	assert_int_equal(writer_dir(&w, "a/b", 05555, &err), 0);
	assert_int_equal(mode_of(wo, "root/a/b"), 0750);
	assert_int_equal(writer_link(&w, "a/h", "a/b/c", &err), 0);
	holds(wo, "root/a/h", "two");
	assert_int_equal(writer_link(&w, "top", "top", &err), 0);
	holds(wo, "root/top", "four");
	assert_int_equal(writer_link(&w, "n", "none", &err), -1);
	assert_int_equal(writer_link(&w, "n", "a", &err), -1);
	assert_int_equal(writer_file(&w, "a", 0644, &err), -1);
	assert_int_equal(writer_file(&w, "top/x", 0644, &err), -1);
	writer_release(&w);
	umask(before);
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static void random_path(struct buf *out, unsigned *seed, bool climbs)
{
	static const char *const names[] = {"a", "b", "c", ".", "..", ".."};
	unsigned n = 1 + next_random(seed) % 4;
	buf_clear(out);
	while (n-- > 0)
		buf_addf(out, "%s%s", out->len ? "/" : "",
		    names[next_random(seed) % (climbs ? 6 : 3)]);
}

/* Whatever links are taken, in whatever order things are made: none leads out. */
static void random_member(struct writer *w, unsigned *seed)
{
	auto_buf raw = BUF_INIT, path = BUF_INIT, target = BUF_INIT;
	struct err err = ERR_INIT;
	int fd;
	random_path(&raw, seed, false);
	random_path(&target, seed, true);
	assert_int_equal(member_path(raw.s, 100, &path, &err), 0);
	switch (next_random(seed) % 4) {
	case 0:
		writer_dir(w, path.s, 0755, &err);
		break;
	case 1:
		fd = writer_file(w, path.s, 0644, &err);
		if (fd >= 0)
			close(fd);
		break;
	default:
		if (member_check_target(path.s, target.s, &err) == 0)
			writer_symlink(w, path.s, target.s, &err);
	}
}

static size_t links_inside(const char *root, const char *dir)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	size_t n = 0;
	while (d && (e = readdir(d))) {
		auto_buf path = BUF_INIT;
		auto_free char *real = NULL;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		buf_addf(&path, "%s/%s", dir, e->d_name);
		if (e->d_type == DT_DIR)
			n += links_inside(root, path.s);
		if (e->d_type != DT_LNK || !(real = realpath(path.s, NULL)))
			continue;
		n++;
		if (strncmp(real, root, strlen(root)) != 0 ||
		    (real[strlen(root)] && real[strlen(root)] != '/'))
			fail_msg("%s leads to %s", path.s, real);
	}
	return n;
}

static void test_no_link_leads_out(void **state)
{
	struct world *wo = *state;
	size_t links = 0;
	for (unsigned round = 1; round <= 60; round++) {
		struct err err = ERR_INIT;
		const char *dir = arena_printf(&wo->a, "%s/root/%u", wo->dir, round);
		auto_free char *root = NULL;
		unsigned seed = round;
		struct writer w;
		auto_fd fd = -1;
		assert_int_equal(dir_make(dir, 0700, &err), 0);
		root = realpath(dir, NULL);
		fd = open(dir, O_RDONLY | O_DIRECTORY);
		writer_init(&w, fd);
		for (int i = 0; i < 60; i++)
			random_member(&w, &seed);
		writer_release(&w);
		links += links_inside(root, dir);
	}
	assert_true(links > 100);
}

static void test_sniff(void **state)
{
	unsigned char tar[SNIFF_BYTES] = "name";
	unsigned sum = 0;
	(void)state;
	assert_int_equal(sniff("PK\3\4", 4), SNIFF_ZIP);
	assert_int_equal(sniff("\x1f\x8b\x08", 3), SNIFF_PACKED);
	assert_int_equal(sniff("\xfd"
			       "7zXZ",
			     6),
	    SNIFF_PACKED);
	assert_int_equal(sniff("\x28\xb5\x2f\xfd", 4), SNIFF_PACKED);
	assert_int_equal(sniff(" \n<!DOCTYPE html>", 17), SNIFF_HTML);
	assert_int_equal(sniff("<HTML>", 6), SNIFF_HTML);
	assert_int_equal(sniff("", 0), SNIFF_OTHER);
	assert_int_equal(sniff("P", 1), SNIFF_OTHER);
	/* a tar of before 1988: nothing but a checksum tells it */
	for (size_t i = 0; i < sizeof(tar); i++)
		sum += i >= 148 && i < 156 ? ' ' : tar[i];
	snprintf((char *)tar + 148, 8, "%06o", sum);
	assert_int_equal(sniff(tar, sizeof(tar)), SNIFF_TAR);
	assert_int_equal(sniff(tar, sizeof(tar) - 1), SNIFF_OTHER);
	tar[0] ^= 1;
	assert_int_equal(sniff(tar, sizeof(tar)), SNIFF_OTHER);
	memset(tar, 0, sizeof(tar));
	assert_int_equal(sniff(tar, sizeof(tar)), SNIFF_OTHER);
}

static void test_store_names(void **state)
{
	static const struct {
		const char *from, *name;
	} t[] = {
	    {"http://h/a/data.csv?x=/y", "data.csv"},
	    {"http://h/a%20b.csv", "a b.csv"},
	    {"http://h/dir/", "dir"},
	    {"http://h/", "download"},
	    {"http://h", "download"},
	    {"http://h/..", "download.."},
	    {"http://h/%2e%2e", "download.."},
	    {"http://h/a%2F..%2Fb", "b"},
	    {"http://h/.hidden", "download.hidden"},
	    {"http://h/a%00b", "a%00b"},
	    {"http://h/a%0ab", "a_b"},
	    {"http://h/%ff", "download"},
	    {"/some/where/x?y#z.csv", "x?y#z.csv"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(store_name(&w->a, t[i].from), t[i].name);
}

static void test_digest(void **state)
{
	char hex[DIGEST_HEX + 1];
	(void)state;
	digest_text("abc", hex);
	assert_string_equal(
	    hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_sizes(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} t[] = {{0, "0 bytes"}, {999, "999 bytes"}, {1000, "1.0 kB"},
	    {999949, "999.9 kB"}, {999950, "1.0 MB"}, {8589934592, "8.6 GB"},
	    {INT64_MAX, "9.2 EB"}};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_buf b = BUF_INIT;
		size_format(&b, t[i].bytes);
		assert_string_equal(b.s, t[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_member_paths),
	    cmocka_unit_test(test_link_targets),
	    cmocka_unit_test_setup_teardown(test_writer_stays_inside, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_writer_makes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_link_leads_out, setup, teardown),
	    cmocka_unit_test(test_sniff),
	    cmocka_unit_test_setup_teardown(test_store_names, setup, teardown),
	    cmocka_unit_test(test_digest),
	    cmocka_unit_test(test_sizes),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
