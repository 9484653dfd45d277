/* SPDX-License-Identifier: MIT */
/* What is a pointer of Git LFS; a file of mlp-git that needs none of its library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "git/pointer.c"

#define V "version https://git-lfs.github.com/spec/v1\n"
#define OID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_good(void **state)
{
	static const char *const good[] = {V "oid sha256:" OID "\nsize 12345\n",
	    V "oid sha256:" OID "\nsize 12345",
	    "version https://hawser.github.com/spec/v1\noid sha256:" OID
	    "\nsize 12345\n"};
	struct pointer p;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(pointer_parse(&p, good[i], strlen(good[i])));
		assert_string_equal(p.oid, OID);
		assert_int_equal(p.size, 12345);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {"", "version", V, V "\n", V "oid sha256:" OID,
	    V "oid sha256:" OID "\n", V "oid sha256:" OID "\nsize \n",
	    V "oid sha256:" OID "\nsize -1\n", V "oid sha256:" OID "\nsize 1x\n",
	    V "oid sha256:" OID "\nsize 1234567890123456789\n",
	    V "oid sha256:" OID "\nsize 1\nmore\n", V "oid sha256:" OID "0\nsize 1\n",
	    V "oid sha256:0123\nsize 1\n", V "oid md5:" OID "\nsize 1\n",
	    V "oid sha256:../../56789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
	      "\nsize 1\n",
	    V "size 1\noid sha256:" OID "\n", "oid sha256:" OID "\nsize 1\n",
	    "version https://git-lfs.github.com/spec/v1 oid sha256:" OID "\nsize 1\n",
	    "version https://git-lfs.github.com/spec/v10\noid sha256:" OID "\nsize 1\n"};
	struct pointer p;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (pointer_parse(&p, bad[i], strlen(bad[i])))
			fail_msg("it passed: %s", bad[i]);
	assert_false(pointer_parse(&p, V "oid\0", sizeof(V "oid\0") - 1));
}

static void test_cut(void **state)
{
	static const char text[] = V "oid sha256:" OID "\nsize 12345\n";
	struct pointer p;
	(void)state;
	for (size_t n = 0; n < sizeof(text) - 2 - 5; n++) {
		char *exact = malloc(n ? n : 1);
		memcpy(exact, text, n);
		assert_false(n > 0 && pointer_parse(&p, exact, n));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
