/* SPDX-License-Identifier: MIT */
/* A tree as it is now, copied, and named by its content. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/treecopy.h"

struct place {
	char dir[64];
	struct arena a;
	const char *from;
};

static void put(struct place *p, const char *name, const char *text, mode_t mode)
{
	const char *path = path_join(&p->a, p->from, name);
	struct err err = ERR_INIT;
	assert_int_equal(dir_make(path_dir(&p->a, path), 0755, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), mode, &err), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	if (!p)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/mlp-copy.XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	p->from = path_join(&p->a, p->dir, "from");
	put(p, "a", "one", 0644);
	put(p, "sub/b", "two", 0755);
	put(p, ".git/config", "no", 0644);
	*state = p;
	return symlink("../a", path_join(&p->a, p->from, "sub/in")) ||
	       symlink("../../out", path_join(&p->a, p->from, "sub/out")) ||
	       mkfifo(path_join(&p->a, p->from, "pipe"), 0600);
}

static int teardown(void **state)
{
	struct place *p = *state;
	struct err err = ERR_INIT;
	tree_remove(p->dir, &err);
	arena_release(&p->a);
	free(p);
	return 0;
}

/* Its name, in the arena. */
static const char *copy(struct place *p, const char *from, const char *to, int64_t most,
    struct strvec *linked)
{
	struct tree_copy t = {
	    .from = from, .to = path_join(&p->a, p->dir, to), .most_bytes = most};
	struct err err = ERR_INIT;
	assert_int_equal(tree_copy(&t, &err), 0);
	assert_int_equal(tree_sync(t.to, t.files, &err), 0);
	assert_int_equal(tree_sync(t.to, 1000, &err), 0);
	if (linked)
		*linked = t.linked;
	else
		strvec_release(&t.linked);
	return arena_strdup(&p->a, t.sha256);
}

static void says(struct place *p, const char *path, const char *text)
{
	auto_buf b = BUF_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(file_read(path_join(&p->a, p->dir, path), 100, &b, &err), 0);
	assert_string_equal(b.s, text);
}

static void leads(struct place *p, const char *path, const char *target)
{
	char text[256] = "";
	assert_true(readlink(path_join(&p->a, p->dir, path), text, sizeof(text) - 1) > 0);
	assert_string_equal(text, target);
}

static void copies(void **state)
{
	struct place *p = *state;
	struct stat st, was;
	const char *name;
	assert_int_equal(symlink(path_join(&p->a, p->from, "sub/b"),
			     path_join(&p->a, p->from, "sub/whole")),
	    0);
	assert_int_equal(symlink(p->from, path_join(&p->a, p->from, "top")), 0);
	assert_int_equal(
	    symlink(path_join(&p->a, p->dir, "from2"), path_join(&p->a, p->from, "near")),
	    0);
	name = copy(p, p->from, "to", 0, NULL);
	leads(p, "to/sub/whole", "../sub/b");
	leads(p, "to/top", ".");
	leads(p, "to/near", path_join(&p->a, p->dir, "from2"));
	says(p, "to/a", "one");
	says(p, "to/sub/b", "two");
	leads(p, "to/sub/in", "../a");
	leads(p, "to/sub/out", path_join(&p->a, p->dir, "out"));
	assert_false(path_exists(path_join(&p->a, p->dir, "to/.git")));
	assert_int_equal(lstat(path_join(&p->a, p->dir, "to/pipe"), &st), -1);
	assert_int_equal(stat(path_join(&p->a, p->dir, "to/sub/b"), &st), 0);
	assert_int_equal(stat(path_join(&p->a, p->from, "sub/b"), &was), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_true(st.st_mtim.tv_nsec == was.st_mtim.tv_nsec);
	/* the copy of a copy has the same name */
	assert_string_equal(
	    copy(p, path_join(&p->a, p->dir, "to"), "again", 0, NULL), name);
}

static void names(void **state)
{
	struct place *p = *state;
	const char *first = copy(p, p->from, "1", 0, NULL);
	put(p, "a", "One", 0644);
	assert_string_not_equal(copy(p, p->from, "2", 0, NULL), first);
	put(p, "a", "one", 0755);
	assert_string_not_equal(copy(p, p->from, "3", 0, NULL), first);
	put(p, "a", "one", 0644);
	assert_string_equal(copy(p, p->from, "4", 0, NULL), first);
	assert_int_equal(mkdir(path_join(&p->a, p->from, "empty"), 0755), 0);
	assert_string_not_equal(copy(p, p->from, "5", 0, NULL), first);
}

static void big(void **state)
{
	struct place *p = *state;
	struct strvec linked;
	put(p, "data/many/x", "0123456789", 0644);
	put(p, "data/many/y", "01234567890123456789", 0644);
	copy(p, p->from, "to", 20, &linked);
	assert_int_equal(linked.n, 1);
	assert_string_equal(linked.v[0], "data/many/y");
	leads(p, "to/data/many/y", path_join(&p->a, p->from, "data/many/y"));
	says(p, "to/data/many/x", "0123456789");
	says(p, "to/a", "one");
	strvec_release(&linked);
	copy(p, p->from, "none", 1, &linked);
	assert_int_equal(linked.n, 4); /* everything that has bytes */
	strvec_release(&linked);
}

static void fails(void **state)
{
	struct place *p = *state;
	struct tree_copy t = {.from = p->from, .to = p->dir};
	struct err err = ERR_INIT;
	assert_int_equal(tree_copy(&t, &err), -1);
	err_clear(&err);
	t.from = path_join(&p->a, p->dir, "none");
	t.to = path_join(&p->a, p->dir, "to");
	assert_int_equal(tree_copy(&t, &err), -1);
	assert_int_equal(err.code, ERR_NOTFOUND);
	/* into itself: what is being made is no part of it */
	t.from = p->from;
	t.to = path_join(&p->a, p->from, "sub/to");
	err_clear(&err);
	assert_int_equal(tree_copy(&t, &err), 0);
	assert_false(path_exists(path_join(&p->a, p->from, "sub/to/sub/to")));
}

struct restless {
	const char *const *paths;
	atomic_bool over;
};

/* Files that come and go, as a database's journal does. */
static void *come_and_go(void *arg)
{
	struct restless *r = arg;
	while (!r->over)
		for (size_t i = 0; r->paths[i]; i++) {
			int fd = open(r->paths[i], O_WRONLY | O_CREAT, 0600);
			if (fd >= 0)
				close(fd);
			unlink(r->paths[i]);
		}
	return NULL;
}

static void others_work_there(void **state)
{
	struct place *p = *state;
	char *const out[] = {path_join(&p->a, p->from, "db-journal"), NULL};
	const char *const paths[] = {
	    out[0], path_join(&p->a, p->from, "sub/new.tmp"), NULL};
	struct restless r = {.paths = paths};
	pthread_t thread;
	int bad = 0;
	assert_int_equal(pthread_create(&thread, NULL, come_and_go, &r), 0);
	for (int i = 0; i < 500; i++) {
		const char *to = path_join(&p->a, p->dir, "to");
		struct tree_copy t = {.from = p->from, .to = to, .leave_out = out};
		struct err err = ERR_INIT;
		bad += tree_copy(&t, &err) < 0;
		bad += path_exists(path_join(&p->a, to, "db-journal"));
		bad += t.linked.n > 0;
		strvec_release(&t.linked);
		err_clear(&err);
		bad += tree_remove(to, &err) < 0;
	}
	r.over = true;
	pthread_join(thread, NULL);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(copies, setup, teardown),
	    cmocka_unit_test_setup_teardown(names, setup, teardown),
	    cmocka_unit_test_setup_teardown(big, setup, teardown),
	    cmocka_unit_test_setup_teardown(fails, setup, teardown),
	    cmocka_unit_test_setup_teardown(others_work_there, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
