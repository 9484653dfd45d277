/* SPDX-License-Identifier: MIT */
/* The parts of mlp-serve below HTTP: who may ask, files that come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "server/artifact.h"
#include "server/auth.h"
#include "server/guard.h"
#include "server/options.h"
#include "server/peers.h"
#include "server/siphash.h"
#include "server/stats.h"
#include "server/workers.h"

struct world {
	struct arena a;
	char *dir;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char template[] = "/tmp/test-server-XXXXXX";
	if (!mkdtemp(template))
		return -1;
	w->dir = arena_strdup(&w->a, template);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	int rc = tree_remove(w->dir, &err);
	arena_release(&w->a);
	free(w);
	return rc;
}

static void test_siphash(void **state)
{
	/* the first of the published test vectors: key 00..0f, message 00..0e */
	struct siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	unsigned char message[15];
	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)i;
	assert_true(siphash(&key, message, 15) == 0xa129ca6149be45e5);
	assert_true(siphash(&key, message, 0) == 0x726fdb47dd0e0e31);
	assert_true(siphash(&key, message, 8) == 0x93f5f5799a932462);
}

static void test_prefix(void **state)
{
	static const struct {
		const char *prefix, *path, *rest;
	} cases[] = {
	    {"", "/a", "/a"},
	    {"", "/", "/"},
	    {"/key", "/key/a?b", "/a?b"},
	    {"/key", "/key", ""},
	    {"/key", "/key?x", "?x"},
	    {"/key", "/keys/a", NULL},
	    {"/key", "/kez/a", NULL},
	    {"/key", "/ke", NULL},
	    {"/key", "", NULL},
	    {"/key", "//key/a", NULL},
	    {"/key", "*", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guard g = {.prefix = cases[i].prefix};
		const char *rest = guard_path(&g, cases[i].path);
		if (cases[i].rest)
			assert_string_equal(rest, cases[i].rest);
		else
			assert_null(rest);
	}
}

static void test_host(void **state)
{
	static const char *own[] = {"127.0.0.1", "localhost", "[::1]"};
	static const char *const more[] = {"*.lab", "srv:8", "[fd00::1]"};
	struct listener l = {.fd = -1, .port = 5000, .names = own, .nnames = 3};
	struct guard g = {.hosts = more, .nhosts = 3, .usual_port = 80};
	static const struct {
		const char *host;
		bool good;
	} cases[] = {
	    {"127.0.0.1:5000", true},
	    {"LocalHost:5000", true},
	    {"[::1]:5000", true},
	    {"127.0.0.1", false},
	    {"127.0.0.1:80", false},
	    {"127.0.0.1:5000x", false},
	    {"127.0.0.1:05000", true},
	    {"127.0.0.1:", false},
	    {"::1:5000", false},
	    {"[::1]", false},
	    {"evil:5000", false},
	    {"a.lab", true},
	    {"a.lab:9", true},
	    {"lab", false},
	    {"srv:8", true},
	    {"srv:9", false},
	    {"srv", false},
	    {"[fd00::1]", true},
	    {"", false},
	    {NULL, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(guard_host(&g, &l, -1, cases[i].host), cases[i].good);
	l.port = 80;
	assert_true(guard_host(&g, &l, -1, "localhost"));
	g.usual_port = 443;
	assert_false(guard_host(&g, &l, -1, "localhost"));
}

static void test_options(void **state)
{
	static const struct {
		const char *json, *mistake;
	} cases[] = {
	    {"{}", "no mode"},
	    {"{\"mode\":\"server\"}", "no store"},
	    {"{\"mode\":\"server\",\"store\":\"x\",\"artifact_root\":\"/r\"}",
		"no store"},
	    {"{\"mode\":\"endpoint\",\"store\":\"/x\",\"artifact_root\":\"/r\"}",
		"no key"},
	    {"{\"mode\":\"endpoint\",\"store\":\"/x\",\"artifact_root\":\"/r\","
	     "\"key\":\"0123456789/0123456\"}",
		"no key"},
	    {"{\"mode\":\"server\",\"store\":\"/x\",\"artifact_root\":\"/r\",\"prefix\":"
	     "\"/a/\"}",
		"end without"},
	    {"{\"mode\":\"server\",\"store\":\"/x\",\"artifact_root\":\"/r\",\"mlp\":"
	     "\"none\"}",
		"install them together"},
	    {"{\"mode\":\"server\",\"store\":\"/x\",\"artifact_root\":\"/r\",\"tls_key\":"
	     "\"k\"}",
		"together"},
	    {"{\"mode\":\"server\",\"store\":\"/x\",\"artifact_root\":\"/r\",\"peers\":"
	     "[]}",
		"peers are empty"},
	    {"{\"mode\":\"server\",\"store\":\"/x\",\"artifact_root\":\"/r\",\"peers\":"
	     "[\"a\",1]}",
		"peers are no argv"},
	    {"{\"mode\":\"server\",\"store\":\"/x\",\"artifact_root\":\"/r\"}", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct serve_options o;
		struct err err = ERR_INIT;
		auto_json j =
		    json_parse(cases[i].json, strlen(cases[i].json), "it", &err);
		assert_non_null(j);
		assert_int_equal(
		    serve_options_read(&a, j, &o, &err), cases[i].mistake ? -1 : 0);
		if (cases[i].mistake)
			assert_non_null(strstr(err.msg, cases[i].mistake));
	}
}

/* A tool that prints what is in w->dir/told, and fails when there is no such file. */
static struct peers *peers_of(struct world *w)
{
	char **ask = arena_array(&w->a, 4, sizeof(*ask));
	ask[0] = (char *)"sh";
	ask[1] = (char *)"-c";
	ask[2] = arena_printf(&w->a,
	    "echo >>%s/asked; cat %s/told || { echo gone away >&2; exit 1; }", w->dir,
	    w->dir);
	return peers_new(ask);
}

static void tell(struct world *w, const char *text)
{
	struct err err = ERR_INIT;
	assert_int_equal(file_write(arena_printf(&w->a, "%s/told", w->dir), text,
			     strlen(text), 0600, &err),
	    0);
}

static size_t times_asked(struct world *w)
{
	auto_buf b = BUF_INIT;
	struct err err = ERR_INIT;
	(void)file_read(arena_printf(&w->a, "%s/asked", w->dir), 100, &b, &err);
	return b.len;
}

static void test_peers(void **state)
{
	struct world *w = *state;
	struct peers *p = peers_of(w);
	struct err err = ERR_INIT;
	/* before the container is there: everybody waits for an answer and gets a no */
	tell(w, "  \n");
	assert_int_equal(peers_check(p, "172.17.0.2", 0), PEER_UNKNOWN);
	assert_int_equal(peers_ask(p, "172.17.0.2", 0, &err), PEER_NO);
	assert_int_equal(peers_check(p, "172.17.0.2", 0), PEER_UNKNOWN);
	tell(w, "172.17.0.2 invalid FD00:0:0::2\n");
	assert_int_equal(peers_ask(p, "172.17.0.2", 0, &err), PEER_YES);
	assert_int_equal(times_asked(w), 2);
	assert_int_equal(peers_check(p, "172.17.0.2", 0), PEER_YES);
	assert_int_equal(peers_check(p, "fd00::2", 0), PEER_YES);
	/* others cannot make us ask as often as they like */
	assert_int_equal(peers_check(p, "172.17.0.3", 4999), PEER_NO);
	assert_int_equal(peers_ask(p, "172.17.0.3", 4999, &err), PEER_NO);
	assert_int_equal(times_asked(w), 2);
	assert_int_equal(peers_check(p, "local", 9000), PEER_NO);
	assert_int_equal(peers_check(p, "", 9000), PEER_NO);
	assert_int_equal(peers_check(p, "172.17.0.20", 0), PEER_NO);
	/* it has joined another network */
	tell(w, "172.18.0.9");
	assert_int_equal(peers_check(p, "172.18.0.9", 5000), PEER_UNKNOWN);
	assert_int_equal(peers_ask(p, "172.18.0.9", 5000, &err), PEER_YES);
	assert_int_equal(peers_check(p, "172.17.0.2", 5000), PEER_NO);
	assert_int_equal(err.code, ERR_NONE);
	/* nobody to ask: who was let in stays */
	unlink(arena_printf(&w->a, "%s/told", w->dir));
	assert_int_equal(peers_ask(p, "172.18.0.1", 99999, &err), PEER_NO);
	assert_non_null(strstr(err.msg, "gone away"));
	assert_int_equal(peers_check(p, "172.18.0.9", 99999), PEER_YES);
	peers_free(p);
}

static void test_auth(void **state)
{
	/* crypt("sesame", "$5$saltsalt") */
	static const char users[] = "# people\r\nann:$5$saltsalt$"
				    "Arv3XkXcPR5LHLrzVCBdKV5hwRocYIyFvUvGa9tbc06\r\n\n";
	struct world *w = *state;
	char *file = arena_printf(&w->a, "%s/users", w->dir);
	char user[AUTH_NAME + 1];
	struct auth *auth = NULL;
	struct err err = ERR_INIT;
	assert_int_equal(auth_open(file, &auth, &err), -1);
	err_clear(&err);
	assert_int_equal(file_write(file, "x:plain\n", 8, 0600, &err), 0);
	assert_int_equal(auth_open(file, &auth, &err), -1);
	assert_non_null(strstr(err.msg, "line 1: the password of 'x'"));
	err_clear(&err);
	assert_int_equal(file_write(file, users, sizeof(users) - 1, 0600, &err), 0);
	assert_int_equal(auth_open(file, &auth, &err), 0);
	assert_int_equal(auth_check(auth, NULL, user), AUTH_NO);
	assert_int_equal(auth_check(auth, "Basic YW5uOnNlc2FtZQ==", user), AUTH_SLOW);
	assert_int_equal(
	    auth_check_slowly(auth, "Basic YW5uOnNlc2FtZQ==", user), AUTH_YES);
	assert_int_equal(auth_check(auth, "Basic YW5uOnNlc2FtZQ==", user), AUTH_YES);
	assert_string_equal(user, "ann");
	assert_int_equal(auth_check(auth, "Bearer ann:sesame", user), AUTH_YES);
	assert_int_equal(auth_check(auth, "Bearer ann:sesamE", user), AUTH_SLOW);
	assert_int_equal(auth_check_slowly(auth, "Bearer ann:sesamE", user), AUTH_NO);
	assert_int_equal(auth_check_slowly(auth, "Bearer bob:sesame", user), AUTH_NO);
	assert_int_equal(auth_check(auth, "Basic YW5uOnNlc2FtZQ=!", user), AUTH_YES);
	assert_int_equal(auth_check(auth, "Basic YW5u!nNlc2FtZQ==", user), AUTH_NO);
	assert_int_equal(auth_check(auth, "Basic YW5uAHNlc2FtZQ==", user), AUTH_NO);
	assert_int_equal(file_write(file, "x", 1, 0600, &err), 0);
	assert_int_equal(auth_reload(auth, &err), -1); /* the old ones stay */
	assert_int_equal(auth_check(auth, "Bearer ann:sesame", user), AUTH_YES);
	auth_close(auth);
}

static void test_upload(void **state)
{
	struct world *w = *state;
	const char *root = w->dir;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct upload *u = upload_begin(root, "a/b/c.txt", &err);
	struct stat st;
	int fd;
	assert_non_null(u);
	assert_int_equal(upload_write(u, "hello", 5, &err), 0);
	assert_int_equal(artifact_open(root, "a/b/c.txt", &st, &err), -1);
	assert_int_equal(err.code, ERR_NOTFOUND);
	err_clear(&err);
	assert_int_equal(upload_finish(u, &err), 0);
	upload_free(u);
	fd = artifact_open(root, "a/b/c.txt", &st, &err);
	assert_true(fd >= 0);
	assert_int_equal(st.st_size, 5);
	close(fd);
	u = upload_begin(root, "a/b/c.txt", &err); /* given up */
	assert_int_equal(upload_write(u, "bye", 3, &err), 0);
	upload_free(u);
	assert_int_equal(
	    file_read(arena_printf(&w->a, "%s/a/b/c.txt", root), 99, &text, &err), 0);
	assert_string_equal(text.s, "hello");
	u = upload_begin(root, "a/b", &err); /* a directory is there */
	assert_non_null(u);
	assert_int_equal(upload_finish(u, &err), -1);
	assert_string_equal(err.msg, "Invalid path");
	upload_free(u);
	assert_true(path_is_dir(arena_printf(&w->a, "%s/a/b", root)));
}

static void test_upload_refused(void **state)
{
	static const char *const bad[] = {"", "link/x", "file/x", "a/" UPLOAD_PREFIX "1"};
	struct world *w = *state;
	const char *root = w->dir;
	struct err err = ERR_INIT;
	assert_int_equal(symlink("/tmp", arena_printf(&w->a, "%s/link", root)), 0);
	assert_int_equal(
	    file_write(arena_printf(&w->a, "%s/file", root), "", 0, 0600, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(upload_begin(root, bad[i], &err));
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.msg, "Invalid path");
		err_clear(&err);
	}
}

struct count {
	struct job job;
	atomic_int *done, *writing, *most;
};

static void count(struct job *job)
{
	struct count *c = (struct count *)job;
	int now = job->writes ? ++*c->writing : 0;
	if (now > *c->most)
		*c->most = now;
	usleep(1000);
	if (job->writes)
		--*c->writing;
	++*c->done;
}

static void test_workers(void **state)
{
	enum { JOBS = 60 };
	static struct count jobs[JOBS];
	atomic_int done = 0, writing = 0, most = 0;
	struct workers *w;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(workers_start(&w, &err), 0);
	assert_false(workers_busy(w));
	for (int i = 0; i < JOBS; i++) {
		jobs[i] =
		    (struct count){{NULL, i % 3 > 0, count}, &done, &writing, &most};
		workers_add(w, &jobs[i].job);
	}
	while (workers_busy(w))
		usleep(1000); /* until all are done */
	assert_int_equal(done, JOBS);
	assert_in_range(most, 1, WRITERS);
	workers_stop(w);
}

static void test_stats(void **state)
{
	struct stats s = {.started = 5000};
	auto_buf b = BUF_INIT;
	(void)state;
	stats_count(&s, 200, 900, 1, 2);
	stats_count(&s, 404, 2000000, 0, 10);
	stats_count(&s, 999, 99000000, 0, 0);
	stats_print(&s, &b);
	assert_non_null(strstr(b.s, "mlp_requests_total{status=\"2xx\"} 1\n"));
	assert_non_null(strstr(b.s, "_bucket{le=\"0.001\"} 1\n"));
	assert_non_null(strstr(b.s, "_bucket{le=\"2.5\"} 2\n"));
	assert_non_null(strstr(b.s, "_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(b.s, "mlp_sent_bytes_total 12\n"));
	assert_non_null(strstr(b.s, "mlp_start_time_seconds 5\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_siphash),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test_setup_teardown(test_peers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_auth, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_upload, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_upload_refused, setup, teardown),
	    cmocka_unit_test(test_workers),
	    cmocka_unit_test(test_stats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
