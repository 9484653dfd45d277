/* SPDX-License-Identifier: MIT */
/* Archives as projects: how they are named, what stands behind #, where the project is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "base/secret.h"
#include "base/urltext.h"
#include "source/archive.h"

#define HEX_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX_B "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"

struct world {
	struct arena a;
	char *dir;
};

static const char *in(struct world *w, const char *name)
{
	return path_join(&w->a, w->dir, name);
}

static void touch(struct world *w, const char *name)
{
	struct err err = ERR_INIT;
	const char *path = in(w, name);
	assert_int_equal(dir_make(path_dir(&w->a, path), 0700, &err), 0);
	assert_int_equal(file_write(path, "x", 1, 0600, &err), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char template[] = "/tmp/test-archive-XXXXXX";
	char *real = mkdtemp(template) ? realpath(template, NULL) : NULL;
	if (!real)
		return -1;
	w->dir = arena_strdup(&w->a, real);
	free(real);
	touch(w, "project.zip");
	touch(w, "UPPER.ZIP");
	touch(w, "a b.tar.gz");
	touch(w, "data.bin");
	touch(w, "dir.zip/MLproject");
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

static void test_names(void **state)
{
	static const char *const yes[] = {"x.zip", "x.ZIP", "x.tar", "x.tar.gz", "x.tgz",
	    "x.Tar.Bz2", "x.tar.xz", "x.tar.zst", "http://h/x.zip?a=b.c", "a/b.c.tgz"};
	static const char *const no[] = {
	    ".zip", "x.gz", "x.zipx", "x.7z", "http://h/x?f=y.zip", "zip", "x.zip/"};
	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!archive_has_name(yes[i]))
			fail_msg("%s is not taken", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (archive_has_name(no[i]))
			fail_msg("%s is taken", no[i]);
}

static void test_fragments(void **state)
{
	static const struct {
		const char *fragment, *subdir, *sha256;
	} t[] = {
	    {"", "", NULL},
	    {"sub/dir", "sub/dir", NULL},
	    {"a&b", "a&b", NULL},
	    {"sha256=" HEX_A, "", HEX_A},
	    {"sha256=" HEX_B, "", HEX_A},
	    {"sub&sha256=" HEX_A, "sub", HEX_A},
	    {"SHA256=" HEX_A "&sub", "sub", HEX_A},
	    {"a&sha256=" HEX_A "&b", "a&b", HEX_A},
	};
	static const char *const bad[] = {"sha256=", "sha256=12", "sha256=" HEX_A "0",
	    ("sha256=" HEX_A "&sha256=" HEX_A), ("sha256=g" HEX_A), "x&sha256=zz"};
	struct world *w = *state;
	const char *subdir, *sha256;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err err = ERR_INIT;
		assert_int_equal(
		    archive_split_fragment(&w->a, t[i].fragment, &subdir, &sha256, &err),
		    0);
		assert_string_equal(subdir, t[i].subdir);
		if (t[i].sha256)
			assert_string_equal(sha256, t[i].sha256);
		else
			assert_null(sha256);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		if (archive_split_fragment(&w->a, bad[i], &subdir, &sha256, &err) == 0)
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void parse(struct world *w, const char *uri, struct source_uri *u)
{
	struct err err = ERR_INIT;
	if (source_parse(&w->a, w->dir, uri, false, u, &err) < 0)
		fail_msg("%s: %s", uri, err.msg);
	assert_int_equal(u->kind, SOURCE_ARCHIVE);
}

static void test_local(void **state)
{
	struct world *w = *state;
	struct source_uri u;
	parse(w, "project.zip#sub&sha256=" HEX_B, &u);
	assert_string_equal(u.path, in(w, "project.zip"));
	assert_string_equal(u.subdir, "sub");
	assert_string_equal(u.sha256, HEX_A);
	assert_string_equal(
	    u.shown, arena_printf(&w->a, "%s#sub&sha256=" HEX_A, in(w, "project.zip")));
	parse(w, "'UPPER.ZIP'", &u);
	assert_string_equal(u.shown, in(w, "UPPER.ZIP"));
	parse(w, arena_printf(&w->a, "file://%s", in(w, "a%20b.tar.gz")), &u);
	assert_string_equal(u.path, in(w, "a b.tar.gz"));
	parse(w, "data.bin#sha256=" HEX_A, &u);
	assert_string_equal(u.path, in(w, "data.bin"));
}

static void test_remote(void **state)
{
	static const struct {
		const char *uri, *url, *shown;
	} t[] = {
	    {"https://h/p.zip", "https://h/p.zip", "https://h/p.zip"},
	    {"https://u:pw@h/p.TGZ#a/b", "https://u:pw@h/p.TGZ", "https://h/p.TGZ#a/b"},
	    {"http://h:80/p.tar.gz?x=1&token=abc&y=2#s",
		"http://h:80/p.tar.gz?x=1&token=abc&y=2",
		"http://h:80/p.tar.gz?x=1&token=***&y=2#s"},
	    {"http://h/get?id=7", "http://h/get?id=7", "http://h/get?id=7"},
	    {"http://h/get#sha256=" HEX_A, "http://h/get", "http://h/get#sha256=" HEX_A},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct source_uri u;
		parse(w, t[i].uri, &u);
		assert_null(u.path);
		assert_string_equal(u.url, t[i].url);
		assert_string_equal(u.shown, t[i].shown);
		if (strstr(u.origin, "pw") || strstr(u.origin, "abc"))
			fail_msg("'%s' shows a secret", u.origin);
	}
}

static void refused(
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

static void test_refused(void **state)
{
	struct world *w = *state;
	struct source_uri u;
	struct err err = ERR_INIT;
	refused(w, "project.zip", true, ERR_USAGE, "is an archive");
	refused(w, "https://h/p.zip", true, ERR_USAGE, "is an archive");
	refused(w, "none.zip", false, ERR_NOTFOUND, "does not exist");
	refused(w, "data.bin", false, ERR_USAGE, "not a project directory or archive");
	refused(w, "project.zip#sha256=12", false, ERR_USAGE, "64 hexadecimal digits");
	refused(w, "project.zip#../x", false, ERR_USAGE, "not allowed");
	/* not the directory that the text would be without its dots */
	refused(w, "project.zip#x/..", false, ERR_USAGE, "not allowed");
	refused(w, "dir.zip#x/..", false, ERR_USAGE, "not allowed");
	refused(w, "dir.zip#sha256=" HEX_A, false, ERR_USAGE, "goes with an archive");
	refused(w, "git://h/p#sha256=" HEX_A, false, ERR_USAGE, "goes with an archive");
	/* a directory is one, whatever it is called */
	assert_int_equal(source_parse(&w->a, w->dir, "dir.zip", false, &u, &err), 0);
	assert_int_equal(u.kind, SOURCE_LOCAL);
}

static void test_top(void **state)
{
	struct world *w = *state;
	const char *root = in(w, "one");
	touch(w, "one/wine-1.2/MLproject");
	touch(w, "one/wine-1.2/sub/mlproject");
	touch(w, "one/readme");
	assert_string_equal(archive_top(&w->a, root, ""), in(w, "one/wine-1.2"));
	assert_string_equal(archive_top(&w->a, root, "sub"), in(w, "one/wine-1.2"));
	assert_string_equal(archive_top(&w->a, root, "none"), root);
	/* another directory does not matter, another project does */
	touch(w, "one/__MACOSX/x");
	assert_string_equal(archive_top(&w->a, root, ""), in(w, "one/wine-1.2"));
	touch(w, "one/second/MLproject.yaml");
	assert_string_equal(archive_top(&w->a, root, ""), root);
	assert_string_equal(archive_top(&w->a, root, "sub"), in(w, "one/wine-1.2"));
	touch(w, "two/MLproject");
	touch(w, "two/deep/MLproject");
	assert_string_equal(archive_top(&w->a, in(w, "two"), ""), in(w, "two"));
	assert_string_equal(archive_top(&w->a, in(w, "two"), "deep"), in(w, "two"));
}

static void test_public_urls(void **state)
{
	static const struct {
		const char *url, *shown;
	} t[] = {
	    {"https://u:p@h/x?a=b", "https://h/x?a=b"},
	    {"https://h/x?access_token=1&a=2", "https://h/x?access_token=***&a=2"},
	    {"https://h/x?a=2&X-Amz-Signature=1#f",
		"https://h/x?a=2&X-Amz-Signature=***#f"},
	    {"https://h/x?sig=1", "https://h/x?sig=***"},
	    {"https://h/x?KEY=1&key", "https://h/x?KEY=***&key"},
	    {"https://h/x?sign=1&author=2&keys=3", "https://h/x?sign=1&author=2&keys=3"},
	    {"https://h/x?a=1?token=2", "https://h/x?a=1?token=2"},
	    {"https://h/x?token=", "https://h/x?token=***"},
	    {"https://h/x?&&=", "https://h/x?&&="},
	    {"https://h/token=1", "https://h/token=1"},
	    {"a/b?token=1", "a/b?token=1"},
	    {"https://h/x?a=1;token=2;3&b", "https://h/x?a=1;token=***&b"},
	    {"https://h/x?%74oken=1&auth%5Btoken%5D=2",
		"https://h/x?%74oken=***&auth%5Btoken%5D=***"},
	    {"https://h/x?page_token=1&tokenizer=2&monkey=3",
		"https://h/x?page_token=1&tokenizer=2&monkey=3"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(url_public(&w->a, t[i].url), t[i].shown);
}

static void test_secret_names(void **state)
{
	static const char *const secret[] = {"token", "access_token", "private_token",
	    "job_token", "auth", "auth_token", "oauth_token", "id_token", "api_key",
	    "apikey", "key", "password", "passwd", "pwd", "secret", "client_secret",
	    "sig", "signature", "X-Amz-Signature", "X-Amz-Credential",
	    "X-Amz-Security-Token", "X-Goog-Signature", "X-Goog-Credential",
	    "AWSAccessKeyId", "GoogleAccessId", "PRIVATE-TOKEN", "accessToken",
	    "subscription-key", "%53ig", "x%5ftoken", "p[password]", "jwt", "Signature"};
	static const char *const other[] = {"", "a", "tokens", "keys", "author", "sign",
	    "design", "X-Amz-Date", "Expires", "version", "monkey", "nextToken", "ey",
	    "%6", "%", "token%3Dx"};
	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (secret_in_query(secret[i], strlen(secret[i])) == SECRET_NOT)
			fail_msg("%s is secret", secret[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (secret_in_query(other[i], strlen(other[i])) != SECRET_NOT)
			fail_msg("%s is no secret", other[i]);
}

/* A new token is no new file; another key may be. */
static void test_url_keys(void **state)
{
	static const struct {
		const char *a, *b;
		bool same, partly;
	} t[] = {
	    {"https://h/x?v=1&token=a", "https://u:p@h/x?v=1&token=b", true, true},
	    {"https://h/x?v=1&token=a", "https://h/x?v=2&token=a", false, true},
	    {"https://h/x?key=a", "https://h/x?key=b", false, false},
	    {"https://h/x?token=a", "https://h/x", false, true},
	    {"https://h/x?Expires=1", "https://h/x?Expires=2", false, false},
	    {"https://h/x?X-Amz-Date=1&X-Amz-Expires=2&X-Amz-Signature=3&versionId=4",
		"https://h/x?X-Amz-Date=5&X-Amz-Expires=6&X-Amz-Signature=7&versionId=4",
		true, true},
	    {"https://h/x?se=1&sig=2", "https://h/x?se=3&sig=4", true, true},
	    {"https://h/x?v=1", "https://u:p@h/x?v=1", true, false},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool first, second;
		const char *a = url_key(&w->a, t[i].a, &first);
		const char *b = url_key(&w->a, t[i].b, &second);
		assert_int_equal(strcmp(a, b) == 0, t[i].same);
		assert_int_equal(first, t[i].partly);
	}
	assert_true(url_is_hidden("https://h/x?a=1&token=***"));
	assert_true(url_is_hidden("https://h/x?token=***#f"));
	assert_false(url_is_hidden("https://h/x?token=a***"));
	assert_false(url_is_hidden("https://h/x?a=***"));
	assert_false(url_is_hidden("https://h/x#?token=***"));
	assert_string_equal(
	    url_hide_query(&w->a, "h/x.zip?token=a"), "h/x.zip?token=***");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_secret_names),
	    cmocka_unit_test(test_url_keys),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_local),
	    cmocka_unit_test(test_remote),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_top),
	    cmocka_unit_test(test_public_urls),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
