/* SPDX-License-Identifier: MIT */
/* Images: their names, the rules of .dockerignore, the archive that is built, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/ask.h"
#include "base/file.h"
#include "base/path.h"
#include "env/context.h"
#include "env/image_name.h"
#include "env/image_parts.h"

static void test_names(void **state)
{
	static const char *const good[] = {
	    "a",
	    "python:3.11",
	    "team/wine",
	    "a/b.b_c__d---e/f",
	    "localhost/x",
	    "localhost:5000/x:1",
	    "Registry.Example:443/team/x:V1_.-",
	    "[::1]:5000/x",
	    "x@sha256:"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	    "r.example/x:1@sha256:"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	static const char *const bad[] = {
	    "",
	    ":1",
	    "-v",
	    "--privileged",
	    "My Proj",
	    "Python:3",
	    "a b",
	    "a//b",
	    "a/",
	    "/a",
	    "a..b",
	    "a.-b",
	    "a___b",
	    "_a",
	    "a:",
	    "a:.b",
	    "a:b c",
	    "a@",
	    "a@sha256:abc",
	    "a:1@",
	    "$IMAGE",
	    "https://r.example/x",
	    "r.example:x/y",
	    "-r.example/y",
	    "na\xc3\xafve",
	    "a\nb",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (image_name_fault(good[i]))
			fail_msg("%s: %s", good[i], image_name_fault(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!image_name_fault(bad[i]))
			fail_msg("'%s' is taken for a name", bad[i]);
}

static void test_built_names(void **state)
{
	static const struct {
		const char *project, *commit, *name;
	} cases[] = {
	    {"wine", "0123456789", "wine:0123456"},
	    {"wine", NULL, "wine"},
	    {NULL, "0123456789", "docker-project:0123456"},
	    {"", NULL, "docker-project"},
	    {"My Proj", NULL, "my-proj"},
	    {"r.example:5000/team/wine", "0123456", "r.example:5000/team/wine:0123456"},
	    {"wine:v2", NULL, "wine-v2"},
	    {"--rm -it", NULL, "rm-it"},
	    {"a..b / c_", NULL, "a.b/c"},
	    {"\xd0\x96", NULL, "docker-project"},
	    {"x@sha256:0123", NULL, "x-sha256-0123"},
	};
	auto_arena a = ARENA_INIT;
	char longest[400];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    image_name_built(&a, cases[i].project, cases[i].commit),
		    cases[i].name);
	memset(longest, '-', sizeof(longest));
	memset(longest, 'a', 10);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(image_name_fault(image_name_built(&a, longest, "0123456")));
	memset(longest, 'a', sizeof(longest) - 1);
	assert_null(image_name_fault(image_name_built(&a, longest, "0123456")));
	longest[64] = '\0';
	assert_string_equal(image_name_built(&a, longest, NULL), "docker-project");
	assert_string_equal(
	    image_name_repository(&a, "r:5000/x:1@sha256:00"), "r:5000/x");
	assert_string_equal(image_name_repository(&a, "r:5000/x"), "r:5000/x");
	assert_string_equal(image_name_repository(&a, "x:1"), "x");
}

/* Is the path ignored, when each directory above it is asked about first? */
static bool is_ignored(const char *rules, const char *path)
{
	auto_arena a = ARENA_INIT;
	struct ignore ig = {.n = 0};
	struct err err = ERR_INIT;
	bool *above = NULL, *own = NULL, ignored = false;
	assert_int_equal(ignore_add(&a, &ig, rules, strlen(rules), "rules", &err), 0);
	for (const char *end = path; end; above = own) {
		end = strchr(end + 1, '/');
		own = arena_array(&a, ig.n + 1, sizeof(*own));
		ignored = ignore_match(&ig,
		    end ? arena_strndup(&a, path, (size_t)(end - path)) : path, above,
		    own);
	}
	return ignored;
}

static const struct ignore_case {
	const char *rules, *path;
	bool ignored;
} ignore_cases[] = {
    {"", "a", false},
    {"# a\n\n  \n", "a", false},
    {" # a", "# a", true}, /* only in the first column is it a comment */
    {"a", "a", true},
    {"a", "a/b", true},
    {"a", "b/a", false},
    {"a", "ab", false},
    {"/a/", "a", true},
    {"./a//b/../c", "a/c", true},
    {"\xef\xbb\xbf"
     "a",
	"a", true},
    {"a\r\nb\r\n", "a", true},
    {" a ", "a", true},
    {"a b", "a b", true},
    {"*.md", "x.md", true},
    {"*.md", "d/x.md", false},
    {"*/*.md", "d/x.md", true},
    {"*/*.md", "x.md", false},
    {"*", "d/x", true},
    {"a*c", "abbc", true},
    {"a*c", "a/c", false},
    {"a?c", "abc", true},
    {"a?c",
	"a\xc3\xa9"
	"c",
	true},
    {"a?c", "a/c", false},
    {"a?c", "ac", false},
    {"[a-c]x", "bx", true},
    {"[^a-c]x", "bx", false},
    {"[^a-c]x", "dx", true},
    {"[!a]x", "!x", true}, /* "^" negates, "!" does not */
    {"[\\]]x", "]x", true},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\!a", "!a", true},
    {"**", "a/b/c", true},
    {"**/x", "x", true},
    {"**/x", "a/b/x", true},
    {"**/x", "a/bx", false},
    {"a/**", "a/b/c", true},
    {"a/**", "a", false},
    {"a/**/z", "a/z", true},
    {"a/**/z", "a/b/c/z", true},
    {"a/**/z", "az", false},
    {"**/*.pyc", "a/b.pyc", true},
    {"**/__pycache__", "a/__pycache__/x", true},
    {"a**z", "az", true},
    {"a**z", "ab/z", true},
    {"a**z", "abz", false},
    {"*.md\n!README.md", "README.md", false},
    {"*.md\n!README.md", "x.md", true},
    {"!README.md\n*.md", "README.md", true},
    {"*\n!src", "src/a.c", false},
    {"*\n!src", "x", true},
    {"a\n!a/b", "a/b", false},
    {"a\n!a/b", "a/b/c", false},
    {"a\n!a/b", "a/c", true},
    {"a\n!a/b\na/b/c", "a/b/c", true},
    {"**\n!**/*.py", "a/b.py", false},
    {"**\n!**/*.py", "a/b.txt", true},
    {"! a", "a", false},
    {".", "a", false},
    {"/", "a", false},
    {"../a", "a", false},
};

static void test_ignore(void **state)
{
	static const char *const malformed[] = {
	    "[a", "a[", "[]a]", "[a-", "!", "x\n! \n", "[\\"};
	auto_arena a = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(ignore_cases) / sizeof(ignore_cases[0]); i++) {
		const struct ignore_case *t = &ignore_cases[i];
		if (is_ignored(t->rules, t->path) != t->ignored)
			fail_msg("'%s': %s", t->rules, t->path);
	}
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct ignore ig = {.n = 0};
		struct err err = ERR_INIT;
		assert_int_equal(ignore_add(&a, &ig, malformed[i], strlen(malformed[i]),
				     "rules", &err),
		    -1);
		assert_non_null(strstr(err.msg, "rules, line "));
		assert_true(err.hint[0]);
	}
}

/* Patterns that take other matchers forever. */
static void test_ignore_hostile(void **state)
{
	auto_arena a = ARENA_INIT;
	struct ignore ig = {.n = 0};
	struct err err = ERR_INIT;
	char path[3000], rules[3000];
	bool own[2];
	(void)state;
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i < sizeof(rules); i++)
		rules[i] = "**/a*a"[i % 6];
	rules[sizeof(rules) - 1] = 'b';
	assert_int_equal(ignore_add(&a, &ig, rules, sizeof(rules), "rules", &err), 0);
	assert_false(ignore_match(&ig, path, NULL, own));
	ig.n = 0;
	ignore_add_path(&a, &ig, "[a]*?\\");
	assert_true(ignore_match(&ig, "[a]*?\\", NULL, own));
	assert_false(ignore_match(&ig, "aX?\\", NULL, own));
}

struct place {
	struct arena a;
	char dir[64];
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/mlp-test-image-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	*state = p;
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;
	struct err err = ERR_INIT;
	tree_remove(p->dir, &err);
	arena_release(&p->a);
	free(p);
	return 0;
}

static void put(struct place *p, const char *name, const char *text)
{
	struct err err = ERR_INIT;
	const char *path = path_join(&p->a, p->dir, name);
	assert_int_equal(dir_make(path_dir(&p->a, path), 0755, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), 0644, &err), 0);
}

static const char *hash_of(struct place *p, const char *dockerfile, const char *key)
{
	static const struct ctx ctx;
	char *hash = arena_alloc(&p->a, SHA256_HEX + 1);
	struct context c;
	struct err err = ERR_INIT;
	assert_int_equal(context_look(&p->a, &ctx, p->dir, NULL, 0, &c, &err), 0);
	assert_int_equal(context_write(&c, dockerfile, key, -1, hash, &err), 0);
	return hash;
}

static void test_hash(void **state)
{
	struct place *p = *state;
	const char *first, *path = path_join(&p->a, p->dir, "a");
	put(p, "a", "1");
	put(p, "d/b", "2");
	first = hash_of(p, "FROM x", "k");
	/* what does not count: times, and what is left out by itself */
	assert_int_equal(
	    utimensat(AT_FDCWD, path, (struct timespec[]){{1, 0}, {1, 0}}, 0), 0);
	put(p, "mlruns/0/x", "3");
	put(p, "mlflow.db", "4");
	put(p, "mlflow.db-wal", "4");
	put(p, ".git/HEAD", "5");
	put(p, "d/.git", "5");
	put(p, CONTEXT_DOCKERFILE, "6");
	assert_string_equal(hash_of(p, "FROM x", "k"), first);
	/* what does */
	assert_string_not_equal(hash_of(p, "FROM y", "k"), first);
	assert_string_not_equal(hash_of(p, "FROM x", "l"), first);
	assert_int_equal(chmod(path, 0755), 0);
	assert_string_not_equal(hash_of(p, "FROM x", "k"), first);
	assert_int_equal(chmod(path, 0644), 0);
	put(p, "a", "2");
	assert_string_not_equal(hash_of(p, "FROM x", "k"), first);
	put(p, "a", "1");
	assert_string_equal(hash_of(p, "FROM x", "k"), first);
	put(p, ".dockerignore", "!.git\n");
	assert_string_not_equal(hash_of(p, "FROM x", "k"), first);
	assert_int_equal(unlink(path_join(&p->a, p->dir, ".dockerignore")), 0);
	assert_int_equal(symlink("/etc", path_join(&p->a, p->dir, "link")), 0);
	assert_string_not_equal(hash_of(p, "FROM x", "k"), first);
}

static void ask_tar(
    const char *how, const char *file, const char *member, struct buf *out)
{
	auto_strvec argv = STRVEC_INIT;
	struct err err = ERR_INIT;
	strvec_push(&argv, "tar");
	strvec_push(&argv, "--quoting-style=literal");
	strvec_push(&argv, how);
	strvec_push(&argv, file);
	if (member)
		strvec_push(&argv, member);
	assert_int_equal(ask_tool(-1, strvec_argv(&argv), NULL, 0, out, &err), 0);
}

/* The archive is read by tar, which gives back what went in. */
static void test_archive(void **state)
{
	struct place *p = *state;
	static const struct ctx ctx;
	struct context c;
	struct err err = ERR_INIT;
	char hash[SHA256_HEX + 1];
	auto_buf name = BUF_INIT, list = BUF_INIT, deep = BUF_INIT, wanted = BUF_INIT;
	const char *file;
	struct place other = {.dir = "/tmp/mlp-test-image-XXXXXX"};
	int fd;
	assert_non_null(mkdtemp(other.dir));
	for (int i = 0; i < 12; i++)
		buf_addf(&name, "%sdirectory-%d", i ? "/" : "", i);
	buf_adds(&name, "/na\xc3\xafve\xff name");
	put(p, name.s, "deep");
	put(p, "empty", "");
	assert_int_equal(symlink(name.s, path_join(&p->a, p->dir, "long")), 0);
	assert_int_equal(mkfifo(path_join(&p->a, p->dir, "pipe"), 0600), 0);
	assert_int_equal(mkdir(path_join(&p->a, p->dir, "nothing"), 0700), 0);
	assert_int_equal(context_look(&p->a, &ctx, p->dir, NULL, 0, &c, &err), 0);
	assert_int_equal(c.files, 3);
	assert_int_equal(c.bytes, 4);
	file = path_join(&p->a, other.dir, "tar");
	fd = open(file, O_CREAT | O_RDWR, 0600);
	assert_int_equal(context_write(&c, "FROM x\n", "k", fd, hash, &err), 0);
	close(fd);
	assert_string_equal(hash, hash_of(p, "FROM x\n", "k"));
	ask_tar("-tf", file, NULL, &list);
	buf_adds(&wanted, CONTEXT_DOCKERFILE "\n");
	for (size_t n = strcspn(name.s, "/"); name.s[n];
	     n += 1 + strcspn(name.s + n + 1, "/"))
		buf_addf(&wanted, "%.*s\n", (int)n, name.s);
	buf_addf(&wanted, "%s\nempty\nlong\nnothing", name.s);
	assert_string_equal(list.s, wanted.s);
	ask_tar("-xOf", file, name.s, &deep);
	assert_string_equal(deep.s, "deep");
	tree_remove(other.dir, &err);
	arena_release(&other.a);
}

static void test_failures(void **state)
{
	static const struct {
		const char *words;
		enum pull_failure failure;
	} cases[] = {
	    {"manifest for r/x:1 not found: manifest unknown: manifest unknown",
		PULL_ABSENT},
	    {"pull access denied for x, repository does not exist or may require "
	     "'docker login': denied: requested access to the resource is denied",
		PULL_ABSENT},
	    {"Head \"http://r/v2/x/manifests/1\": no basic auth credentials", PULL_LOGIN},
	    {"unauthorized: authentication required", PULL_LOGIN},
	    {"Get \"https://r/v2/\": dial tcp: lookup r on 1.2.3.4:53: no such host",
		PULL_UNREACHABLE},
	    {"dial tcp 127.0.0.1:5000: connect: connection refused", PULL_UNREACHABLE},
	    {"no matching manifest for linux/amd64 in the manifest list entries",
		PULL_PLATFORM},
	    {"failed to register layer: write /x: no space left on device",
		PULL_NO_SPACE},
	    {"something else", PULL_OTHER},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pull_failure_of(cases[i].words), cases[i].failure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_built_names),
	    cmocka_unit_test(test_ignore),
	    cmocka_unit_test(test_ignore_hostile),
	    cmocka_unit_test_setup_teardown(test_hash, make_place, remove_place),
	    cmocka_unit_test_setup_teardown(test_archive, make_place, remove_place),
	    cmocka_unit_test(test_failures),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
