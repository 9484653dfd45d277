/* SPDX-License-Identifier: MIT */
/* What a project URI means: a table of texts, then directories on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "source/source.h"

struct world {
	struct arena a;
	char *dir;
};

static void touch(struct world *w, const char *name)
{
	struct err err = ERR_INIT;
	assert_int_equal(
	    file_write(path_join(&w->a, w->dir, name), "x", 1, 0600, &err), 0);
}

static void mkdirs(struct world *w, const char *name)
{
	struct err err = ERR_INIT;
	assert_int_equal(dir_make(path_join(&w->a, w->dir, name), 0700, &err), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char template[] = "/tmp/test-uri-XXXXXX";
	char *real = mkdtemp(template) ? realpath(template, NULL) : NULL;
	if (!real)
		return -1;
	w->dir = arena_strdup(&w->a, real);
	free(real);
	mkdirs(w, "plain/sub/deep");
	mkdirs(w, "a b");
	mkdirs(w, "odd#name");
	mkdirs(w, "odd");
	mkdirs(w, "odd%20c");
	mkdirs(w, "bare.git/objects");
	mkdirs(w, "bare.git/refs");
	touch(w, "bare.git/HEAD");
	mkdirs(w, "work/.git");
	mkdirs(w, "work/train/x");
	touch(w, "file.txt");
	touch(w, "project.zip");
	*state = w;
	return 0;
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

static void parse_ok(struct world *w, const char *uri, bool version, struct source_uri *u)
{
	struct err err = ERR_INIT;
	if (source_parse(&w->a, w->dir, uri, version, u, &err) < 0)
		fail_msg("%s: %s", uri, err.msg);
}

static void parse_bad(
    struct world *w, const char *uri, bool version, enum err_code code, const char *text)
{
	struct source_uri u;
	struct err err = ERR_INIT;
	if (source_parse(&w->a, w->dir, uri, version, &u, &err) == 0)
		fail_msg("%s was taken", uri);
	if (!strstr(err.msg, text))
		fail_msg("%s: '%s' lacks '%s'", uri, err.msg, text);
	assert_int_equal(err.code, code);
}

static const char *in(struct world *w, const char *name)
{
	return path_join(&w->a, w->dir, name);
}

static void test_remote(void **state)
{
	static const struct {
		const char *uri, *url, *origin, *host, *subdir, *shown;
	} t[] = {
	    {"https://h/t/p.git", "https://h/t/p.git", "https://h/t/p.git", "h", "",
		"https://h/t/p.git"},
	    {"'http://h:80/p#sub/dir'", "http://h:80/p", "http://h:80/p", "h:80",
		"sub/dir", "http://h:80/p#sub/dir"},
	    {" https://h/x#s \r\n", "https://h/x", "https://h/x", "h", "s",
		"https://h/x#s"},
	    {"'https://h/x'#s", "https://h/x", "https://h/x", "h", "s", "https://h/x#s"},
	    {"https://h/x'#s", "https://h/x'", "https://h/x'", "h", "s",
		"https://h/x'#s"},
	    {"https://u:p@h/x#s", "https://u:p@h/x", "https://h/x", "h", "s",
		"https://h/x#s"},
	    {"https://u:p@q@h/x", "https://u:p@q@h/x", "https://h/x", "h", "",
		"https://h/x"},
	    {"https://h/x@y", "https://h/x@y", "https://h/x@y", "h", "", "https://h/x@y"},
	    {"git://[::1]:9418/x", "git://[::1]:9418/x", "git://[::1]:9418/x",
		"[::1]:9418", "", "git://[::1]:9418/x"},
	    {"HTTPS://h/x#", "HTTPS://h/x", "HTTPS://h/x", "h", "", "HTTPS://h/x#"},
	    {"https://h/x#a//b/", "https://h/x", "https://h/x", "h", "a/b",
		"https://h/x#a//b/"},
	    {"ssh://git@h:22/p.git#s", "ssh://git@h:22/p.git", "ssh://git@h:22/p.git",
		"h:22", "s", "ssh://git@h:22/p.git#s"},
	    {"ssh://git:pw@h/p", "ssh://git:pw@h/p", "ssh://git@h/p", "h", "",
		"ssh://git@h/p"},
	    {"git+ssh://h/~/p", "git+ssh://h/~/p", "git+ssh://h/~/p", "h", "",
		"git+ssh://h/~/p"},
	    {"git@h:t/p.git#s", "git@h:t/p.git", "git@h:t/p.git", "h", "s",
		"git@h:t/p.git#s"},
	    {"h:p", "h:p", "h:p", "h", "", "h:p"},
	    {"[git@::1]:p", "[git@::1]:p", "[git@::1]:p", "::1", "", "[git@::1]:p"},
	    {"team/wine#s", "https://github.com/team/wine",
		"https://github.com/team/wine", "github.com", "s",
		"https://github.com/team/wine#s"},
	    {"https://h/x#my.dir/..b", "https://h/x", "https://h/x", "h", "my.dir/..b",
		"https://h/x#my.dir/..b"},
	};
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct source_uri u;
		parse_ok(*state, t[i].uri, false, &u);
		assert_int_equal(u.kind, SOURCE_GIT);
		assert_string_equal(u.url, t[i].url);
		assert_string_equal(u.origin, t[i].origin);
		assert_string_equal(u.host, t[i].host);
		assert_string_equal(u.subdir, t[i].subdir);
		assert_string_equal(u.shown, t[i].shown);
		assert_null(u.repo);
	}
}

/* The address of a page is its repository, and what only the remote can take apart. */
static void test_page(void **state)
{
	static const struct {
		const char *uri, *url, *tree, *subdir;
		bool is_file;
	} t[] = {
	    {"https://h/o/r/tree/main", "https://h/o/r", "main", "", false},
	    {"https://h/o/r/tree/feat/x/my%20dir/", "https://h/o/r", "feat/x/my dir", "",
		false},
	    {"https://t:k@h:8/o/r/blob/v1/a/MLproject?plain=1#L3-L7",
		"https://t:k@h:8/o/r", "v1/a/MLproject", "", true},
	    {"https://h/g/sub/r/-/tree/main/a?ref_type=heads#b", "https://h/g/sub/r",
		"main/a", "b", false},
	    {"http://h/g/r/-/blob/main/x.py", "http://h/g/r", "main/x.py", "", true},
	    {"https://h/o/r/tree/", "https://h/o/r/tree/", NULL, "", false},
	    {"https://h/o/tree/main", "https://h/o/tree/main", NULL, "", false},
	    {"https://h/a/b/c/tree/main", "https://h/a/b/c/tree/main", NULL, "", false},
	    {"git://h/o/r/tree/main", "git://h/o/r/tree/main", NULL, "", false},
	};
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct source_uri u;
		parse_ok(*state, t[i].uri, false, &u);
		assert_int_equal(u.kind, SOURCE_GIT);
		assert_string_equal(u.url, t[i].url);
		assert_string_equal(u.subdir, t[i].subdir);
		assert_int_equal(u.tree_is_file, t[i].is_file);
		if (t[i].tree)
			assert_string_equal(u.tree, t[i].tree);
		else
			assert_null(u.tree);
	}
	parse_bad(
	    *state, "https://h/o/r/tree/main/../x", false, ERR_USAGE, "not allowed");
	parse_bad(
	    *state, "https://h/o/r/tree/main/%2e%2e/x", false, ERR_USAGE, "not allowed");
}

static void test_short_form(void **state)
{
	static const char *const no[] = {
	    "-o/r", "./o/r", "~o/r", "o/r/s", "o/", "/o", "o/r s", "plain/r", "odd/x"};
	struct source_uri u;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		parse_bad(*state, no[i], false, ERR_NOTFOUND, "does not exist");
	parse_ok(*state, "team/wine", false, &u);
	assert_string_equal(u.short_form, "team/wine");
	parse_ok(*state, "plain/sub", false, &u);
	assert_null(u.short_form);
}

static void test_refused(void **state)
{
	static const struct {
		const char *uri;
		enum err_code code;
		const char *text;
	} t[] = {
	    {"", ERR_USAGE, "empty"},
	    {"''", ERR_USAGE, "empty"},
	    {"https:/u:s3cret@h/p.git", ERR_USAGE, "URL has no // behind 'https:'"},
	    {"http:u:s3cret@h/p.git", ERR_USAGE, "URL has no // behind 'http:'"},
	    {"nowhere", ERR_NOTFOUND, "'nowhere' does not exist"},
	    {"nowhere#sub", ERR_NOTFOUND, "'nowhere' does not exist"},
	    {"/no/where", ERR_NOTFOUND, "does not exist"},
	    {"plain/project", ERR_NOTFOUND, "does not exist"},
	    {"file.txt", ERR_USAGE, "is a file"},
	    {"ssh:///p", ERR_USAGE, "names no host"},
	    {"https://h:70000/p", ERR_USAGE, "'https://h:70000/p': the port is more"},
	    {"https://[::1]:x/p", ERR_USAGE,
		"the port in the project's URL is no number"},
	    {"git@-oProxyCommand=x:p", ERR_USAGE, "names no host"},
	    {"git+https://h/p", ERR_USAGE, "'git+https' is not supported"},
	    {"s3://bucket/p", ERR_USAGE, "'s3' is not supported"},
	    {"ext::sh -c id", ERR_USAGE, "not supported"},
	    {"https:///p", ERR_USAGE, "names no host"},
	    {"https://u:secret@/p", ERR_USAGE, "names no host"},
	    {"git://-oProxy/p", ERR_USAGE, "names no host"},
	    {"-oProxyCommand=x:p", ERR_USAGE, "names no host"},
	    {"git@[-oX]:p", ERR_USAGE, "names no host"},
	    {"ssh://-oX/p", ERR_USAGE, "names no host"},
	    {"https://h/a\nb", ERR_USAGE, "control characters"},
	    {"file://host/p", ERR_USAGE, "names a host"},
	    {"file:///no/where", ERR_NOTFOUND, "does not exist"},
	    {"plain#../x", ERR_USAGE, "not allowed in project subdirectory paths"},
	    {"plain#sub/../../x", ERR_USAGE, "not allowed"},
	    {"plain#.", ERR_USAGE, "not allowed"},
	    {"plain#/etc", ERR_USAGE, "absolute"},
	    {"https://h/x#..", ERR_USAGE, "not allowed"},
	};
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		parse_bad(*state, t[i].uri, false, t[i].code, t[i].text);
}

static void test_no_secret_in_errors(void **state)
{
	struct world *w = *state;
	static const char *const uris[] = {"ssh://u:secret@/p", "https://u:my/secret@h/x",
	    "https://u:my?secret@h/x", "http://u:a#secret@h/x",
	    "https://u:secret@h/p.zip#..", "foo://u:secret@h", "https://u:secret@/x",
	    "https://u:secret@h/x#..", "https:/u:secret@h/x", "http:u:secret@h/x"};
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct source_uri u;
		struct err err = ERR_INIT;
		assert_int_equal(
		    source_parse(&w->a, w->dir, uris[i], false, &u, &err), -1);
		if (strstr(err.msg, "secret") || strstr(err.hint, "secret"))
			fail_msg("'%s' shows the password", err.msg);
	}
}

static void expect_local(
    struct world *w, const char *uri, const char *path, const char *subdir)
{
	struct source_uri u;
	parse_ok(w, uri, false, &u);
	assert_int_equal(u.kind, SOURCE_LOCAL);
	assert_string_equal(u.path, path);
	assert_string_equal(u.subdir, subdir);
}

static void test_local(void **state)
{
	struct world *w = *state;
	expect_local(w, "plain", in(w, "plain"), "");
	expect_local(w, "./plain/", in(w, "plain"), "");
	expect_local(w, "plain#sub/deep", in(w, "plain"), "sub/deep");
	expect_local(w, ".", w->dir, "");
	expect_local(w, "a b", in(w, "a b"), "");
	expect_local(w, "odd#name", in(w, "odd#name"), "");
	expect_local(w, "work", in(w, "work"), "");
	expect_local(
	    w, arena_printf(&w->a, "file://%s/plain#sub", w->dir), in(w, "plain"), "sub");
	expect_local(w, arena_printf(&w->a, "file://localhost%s/plain", w->dir),
	    in(w, "plain"), "");
	expect_local(
	    w, arena_printf(&w->a, "file://%s/a%%20b", w->dir), in(w, "a b"), "");
	expect_local(
	    w, arena_printf(&w->a, "file://%s/odd%%20c", w->dir), in(w, "odd%20c"), "");
	expect_local(w, arena_printf(&w->a, "file://%s/odd%%23name#sub", w->dir),
	    in(w, "odd#name"), "sub");
	expect_local(w,
	    arena_printf(&w->a, "file://%s", url_encode_path(&w->a, in(w, "odd%20c"))),
	    in(w, "odd%20c"), "");
}

static void test_bare(void **state)
{
	struct world *w = *state;
	const char *uri = arena_printf(&w->a, "file://%s/bare.git", w->dir);
	struct source_uri u;
	parse_ok(w, "bare.git#s", false, &u);
	assert_int_equal(u.kind, SOURCE_GIT);
	assert_string_equal(u.repo, in(w, "bare.git"));
	assert_string_equal(u.origin, in(w, "bare.git"));
	assert_string_equal(u.subdir, "s");
	parse_ok(w, uri, true, &u);
	assert_int_equal(u.kind, SOURCE_GIT);
	assert_string_equal(u.repo, in(w, "bare.git"));
	assert_string_equal(u.origin, uri);
}

static void expect_version(struct world *w, const char *uri, const char *subdir)
{
	struct source_uri u;
	parse_ok(w, uri, true, &u);
	assert_int_equal(u.kind, SOURCE_GIT);
	assert_string_equal(u.repo, in(w, "work"));
	assert_string_equal(u.subdir, subdir);
}

static void test_version_of_directory(void **state)
{
	struct world *w = *state;
	expect_version(w, "work", "");
	expect_version(w, "work#train", "train");
	expect_version(w, "work/train", "train");
	expect_version(w, "work/train#x", "train/x");
	parse_bad(w, "plain", true, ERR_USAGE,
	    "Setting a version is only supported for Git project URIs");
}

static void test_too_long(void **state)
{
	struct world *w = *state;
	char *uri = arena_alloc(&w->a, 20001);
	memset(uri, 'x', 20000);
	parse_bad(w, uri, false, ERR_USAGE, "longer than");
	uri[600] = '\0'; /* a name that no file system takes */
	parse_bad(w, uri, false, ERR_NOTFOUND, "does not exist");
}

static void test_url_text(void **state)
{
	struct arena *a = &((struct world *)*state)->a;
	assert_string_equal(url_without_user(a, "git@h:t/p"), "git@h:t/p");
	assert_string_equal(url_without_user(a, "/a/b://c@d"), "/a/b://c@d");
	assert_string_equal(url_without_user(a, "x://a@b@c?d@e"), "x://c?d@e");
	assert_string_equal(url_without_user(a, "ssh://a:b@c/d"), "ssh://a@c/d");
	assert_string_equal(url_without_user(a, "ssh://a@b@c/d"), "ssh://a@c/d");
	assert_string_equal(url_without_user(a, "SSH://:b@c/d"), "SSH://c/d");
	assert_null(url_host(a, "x:///p"));
	assert_null(url_host(a, "plain"));
	assert_string_equal(url_host(a, "x://u@h:1#f"), "h:1");
	assert_string_equal(url_decode(a, "a%2Fb%c3%A9"), "a/b\xc3\xa9");
	assert_null(url_decode(a, "a%00b"));
	assert_null(url_decode(a, "a%2"));
	assert_null(url_decode(a, "a%g0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_remote),
	    cmocka_unit_test(test_page),
	    cmocka_unit_test(test_short_form),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_no_secret_in_errors),
	    cmocka_unit_test(test_local),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_version_of_directory),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_url_text),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
