/* SPDX-License-Identifier: MIT */
/* Databases that are broken, foreign, locked, full, killed, or used by many at once. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "store_fixture.h"
#include "track/schema.h"

static void write_db(struct fixture *f, const char *text)
{
	need_ok(f, file_write(f->t.path, text, strlen(text), 0644, &f->err));
}

static void not_sqlite(void **state)
{
	struct fixture *f = *state;
	write_db(f,
	    "name: wine\nentry_points: this is long enough to be read as a header, "
	    "which has one hundred bytes, and says something else\n");
	assert_error(f, open_store(f, STORE_CREATE), ERR_FAIL, "not an MLflow database");
	assert_error(f, open_store(f, STORE_READ), ERR_FAIL, "not an MLflow database");
	write_db(f, "x");
	assert_error(f, open_store(f, STORE_CREATE), ERR_FAIL, "not an MLflow database");
}

static void not_mlflows(void **state)
{
	struct fixture *f = *state;
	tell(f, "CREATE TABLE runs (x); INSERT INTO runs VALUES (1)");
	assert_error(f, open_store(f, STORE_CREATE), ERR_FAIL,
	    "not an MLflow database: an SQLite file without the table 'experiments'");
	assert_string_equal(ask(f, "SELECT count(*) FROM sqlite_master"), "1");
}

static void not_a_file(void **state)
{
	struct fixture *f = *state;
	need_ok(f, dir_make(f->t.path, 0755, &f->err));
	assert_error(f, open_store(f, STORE_CREATE), ERR_FAIL, "is a directory");
	assert_int_equal(rmdir(f->t.path), 0);
	assert_int_equal(mkfifo(f->t.path, 0600), 0);
	assert_error(f, open_store(f, STORE_READ), ERR_FAIL, "not a regular file");
	f->t.path = arena_printf(&f->a, "%s/x", f->t.path);
	assert_error(f, open_store(f, STORE_READ), ERR_FAIL, "Not a directory");
	assert_error(f, open_store(f, STORE_CREATE), ERR_FAIL, "Not a directory");
}

static void not_there(void **state)
{
	struct fixture *f = *state;
	assert_error(f, open_store(f, STORE_READ), ERR_NOTFOUND, "there is no database");
	assert_false(path_exists(f->t.path));
	write_db(f, "");
	assert_error(f, open_store(f, STORE_READ), ERR_NOTFOUND, "is empty");
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	f->t.path = arena_printf(&f->a, "%s/a/b/c.db", f->dir);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
}

static void questions_to_a_fresh_file(void **state)
{
	struct fixture *f = *state;
	struct experiment_ref ref = {"0", NULL};
	struct run_query q = {.status = -1, .limit = 5};
	struct experiment e;
	struct run_record *runs;
	size_t n;
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, f->s->ops->runs_list(f->s, &f->a, &q, &runs, &n, &f->err));
	assert_int_equal(n, 0);
	need_ok(f, f->s->ops->experiment_get(f->s, &f->a, &ref, &e, &f->err));
	assert_string_equal(e.name, "Default");
}

/* A database as ours, with `from` in the text of its tables replaced by `to`. */
static void make_variant(
    struct fixture *f, const char *from, const char *to, const char *revision)
{
	const char *at = strstr(schema_ddl, from);
	assert_non_null(at);
	tell(f, arena_printf(&f->a, "%.*s%s%s", (int)(at - schema_ddl), schema_ddl, to,
		    at + strlen(from)));
	tell(f, arena_printf(&f->a,
		    "INSERT INTO alembic_version VALUES ('%s');"
		    "INSERT INTO experiments (experiment_id, name, lifecycle_stage)"
		    " VALUES (0, 'Default', 'active')",
		    revision));
}

static void a_later_shape(void **state)
{
	struct fixture *f = *state;
	make_variant(f, "CREATE TABLE runs (", "CREATE TABLE runs ( shiny TEXT NOT NULL,",
	    "ffffffffffff");
	assert_error(f, open_store(f, STORE_CREATE), ERR_FAIL,
	    "(revision ffffffffffff) has a column that mlp does not know and that must "
	    "have "
	    "a value: runs.shiny");
}

static void a_later_shape_under_our_own_revision(void **state)
{
	struct fixture *f = *state;
	char id[33];
	struct run_new n = {.run_id = id, .experiment = {NULL, "new"}};
	struct run_record r;
	run_id_new(id);
	make_variant(f, "CREATE TABLE tags (", "CREATE TABLE tags ( shiny TEXT NOT NULL,",
	    SCHEMA_REVISION);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_error(f, f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err), ERR_FAIL,
	    "must have a value: tags.shiny");
	assert_string_equal(ask(f, "SELECT count(*) FROM runs"), "0");
	assert_string_equal(ask(f, "SELECT count(*) FROM experiments"), "1");
}

static void a_later_shape_that_we_can_serve(void **state)
{
	struct fixture *f = *state;
	make_variant(f, "CREATE TABLE runs (",
	    "CREATE TABLE runs ( a TEXT, b TEXT DEFAULT 'x' NOT NULL,", "ffffffffffff");
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	assert_string_equal(ask(f, "SELECT b FROM runs"), "x");
	assert_string_equal(
	    ask(f, "SELECT version_num FROM alembic_version"), "ffffffffffff");
}

static void an_older_shape(void **state)
{
	struct fixture *f = *state;
	make_variant(f, " deleted_time BIGINT,", "", "cc1f77228345");
	assert_error(f, open_store(f, STORE_READ), ERR_FAIL,
	    "(revision cc1f77228345) has no column runs.deleted_time: it is older than");
}

static void a_damaged_file(void **state)
{
	struct fixture *f = *state;
	struct run_query q = {.status = -1};
	struct run_record *runs;
	size_t n;
	char junk[4096];
	auto_fd fd = -1;
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	need_ok(f, open_store(f, STORE_READ));
	close_store(f);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(f->t.path, O_WRONLY);
	for (int page = 2; page < 60; page++)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), page * 4096L), 4096);
	if (open_store(f, STORE_READ) == 0)
		assert_error(f, f->s->ops->runs_list(f->s, &f->a, &q, &runs, &n, &f->err),
		    ERR_FAIL, "is damaged");
	else
		assert_error(f, -1, ERR_FAIL, "is damaged");
}

/* Files that others made keep the journal they have; ours get the write-ahead log. */
static void the_journal(void **state)
{
	struct fixture *f = *state;
	make_variant(f, "CREATE TABLE tags", "CREATE TABLE tags", SCHEMA_REVISION);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	assert_string_equal(ask(f, "PRAGMA journal_mode"), "delete");
	f->t.path = arena_printf(&f->a, "%s/ours.db", f->dir);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	assert_string_equal(ask(f, "PRAGMA journal_mode"), "wal");
	close_store(f);
	assert_false(path_exists(arena_printf(&f->a, "%s-wal", f->t.path)));
}

/* Run fn in a child; its exit code. */
static int in_child(struct fixture *f, int (*fn)(struct fixture *))
{
	int st = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(fn(f));
	assert_true(pid > 0 && waitpid(pid, &st, 0) == pid);
	assert_true(WIFEXITED(st));
	return WEXITSTATUS(st);
}

#define CHECK(what)                                                                      \
	do {                                                                             \
		if (!(what)) {                                                           \
			fprintf(                                                         \
			    stderr, "# line %d: %s: %s\n", __LINE__, #what, f->err.msg); \
			return 1;                                                        \
		}                                                                        \
	} while (0)

static int read_as_nobody(struct fixture *f)
{
	struct run_query q = {.status = -1};
	struct run_record *runs;
	size_t n;
	if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	CHECK(open_store(f, STORE_CREATE) == -1);
	CHECK(strstr(f->err.msg, "may only be read") && f->err.hint[0]);
	CHECK(open_store(f, STORE_READ) == 0);
	CHECK(f->s->ops->runs_list(f->s, &f->a, &q, &runs, &n, &f->err) == 0 && n == 1);
	CHECK(f->s->ops->run_end(
		  f->s, runs[0].run_id, RUN_KILLED, 1, NULL, true, &f->err) == -1);
	CHECK(strstr(f->err.msg, "may only be read"));
	close_store(f);
	f->t.path = "/nowhere/x.db";
	CHECK(open_store(f, STORE_CREATE) == -1 && strstr(f->err.msg, "denied"));
	return 0;
}

static int blind_as_nobody(struct fixture *f)
{
	if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	CHECK(open_store(f, STORE_READ) == -1);
	CHECK(strstr(f->err.msg, "cannot open database") &&
	      strstr(f->err.msg, "Permission denied"));
	CHECK(f->err.code == ERR_FAIL);
	return 0;
}

static void a_file_that_may_only_be_read(void **state)
{
	struct fixture *f = *state;
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	close_store(f);
	assert_int_equal(chmod(f->t.path, 0444), 0);
	assert_int_equal(chmod(f->dir, 0555), 0);
	assert_int_equal(in_child(f, read_as_nobody), 0);
	assert_int_equal(chmod(f->t.path, 0), 0);
	assert_int_equal(in_child(f, blind_as_nobody), 0);
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(f->t.path, 0644), 0);
	assert_string_equal(ask(f, "SELECT status FROM runs"), "RUNNING");
}

/* A child that holds the write lock until something comes down the pipe. */
static pid_t hold_lock(struct fixture *f, int *release)
{
	int ready[2], go[2];
	char c;
	pid_t pid;
	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		sqlite3 *db;
		alarm(60);
		close(go[1]);
		if (sqlite3_open(f->t.path, &db) != SQLITE_OK ||
		    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			_exit(1);
		if (write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) < 0)
			_exit(1);
		usleep(100000);
		_exit(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK);
	}
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*release = go[1];
	return pid;
}

static void locked_by_another(void **state)
{
	struct fixture *f = *state;
	char id[33];
	struct run_new n = {.run_id = id};
	struct run_record r;
	const volatile int sig = SIGINT;
	int release, st;
	pid_t pid;
	run_id_new(id);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	setenv("MLP_BUSY_TIMEOUT", "30", 1);
	close_store(f); /* no connection may be open across a fork */
	pid = hold_lock(f, &release);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_error(f, f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err), ERR_BUSY,
	    "is locked by another process (waited 0.03 s)");
	unsetenv("MLP_BUSY_TIMEOUT");
	need_ok(f, open_store(f, STORE_CREATE));
	f->ctx.interrupted = &sig;
	assert_error(f, f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err),
	    ERR_INTERRUPTED, "interrupted");
	f->ctx.interrupted = NULL;
	close(release); /* the lock goes while we wait for it */
	need_ok(f, f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err));
	assert_true(waitpid(pid, &st, 0) == pid && st == 0);
}

struct turn {
	struct fixture *f;
	pthread_mutex_t writer;
	atomic_bool created;
};

static void *create_in_turn(void *arg)
{
	struct turn *t = arg;
	struct fixture *f = t->f;
	char id[33];
	struct run_new n = {.run_id = id};
	struct run_record r;
	run_id_new(id);
	t->created = store_open_shared(&f->ctx, &f->t, &t->writer, &f->s, &f->err) == 0 &&
		     f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err) == 0;
	return NULL;
}

/* It is no lock of others' that is waited for: one of us is slow. */
static void those_who_write_together_wait_for_each_other(void **state)
{
	struct turn t = {.f = *state, .writer = PTHREAD_MUTEX_INITIALIZER};
	pthread_t thread;
	setenv("MLP_BUSY_TIMEOUT", "100", 1);
	pthread_mutex_lock(&t.writer);
	assert_int_equal(pthread_create(&thread, NULL, create_in_turn, &t), 0);
	usleep(500 * 1000);
	assert_false(t.created);
	pthread_mutex_unlock(&t.writer);
	pthread_join(thread, NULL);
	unsetenv("MLP_BUSY_TIMEOUT");
	assert_string_equal(t.f->err.msg, "");
	assert_true(t.created);
}

static int create_and_end(struct fixture *f, int i)
{
	struct kv tag = {"i", arena_printf(&f->a, "%d", i)};
	struct kvs tags = {&tag, 1};
	char id[33];
	struct run_new n = {
	    .run_id = id, .start_time = i, .tags = tags, .experiment = {NULL, "shared"}};
	struct run_record r;
	run_id_new(id);
	CHECK(open_store(f, STORE_CREATE) == 0);
	CHECK(f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err) == 0);
	CHECK(f->s->ops->run_end(f->s, id, RUN_FINISHED, i, &tags, false, &f->err) == 0);
	close_store(f);
	return 0;
}

static void fifty_first_runs_at_once(void **state)
{
	struct fixture *f = *state;
	int gate[2], st, failed = 0;
	char c;
	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(gate[1]);
			_exit(read(gate[0], &c, 1) != 0 || create_and_end(f, i));
		}
	}
	close(gate[0]);
	close(gate[1]);
	while (wait(&st) > 0)
		failed += st != 0;
	assert_int_equal(failed, 0);
	assert_string_equal(
	    ask(f, "SELECT count(*) FROM runs WHERE status = 'FINISHED'"), "50");
	assert_string_equal(ask(f, "SELECT count(*) FROM experiments"), "2");
	assert_string_equal(ask(f, "SELECT count(DISTINCT value) FROM tags"
				   " WHERE \"key\" = 'i'"),
	    "50");
	assert_string_equal(ask(f, "PRAGMA integrity_check"), "ok");
	assert_string_equal(ask(f, "PRAGMA foreign_key_check"), "");
	assert_string_equal(ask(f, "PRAGMA journal_mode"), "wal");
}

/* Create runs for ever; each id goes down the pipe once the store has said that it is on
 * disk. */
static void create_for_ever(struct fixture *f, int out)
{
	for (int i = 0;; i++) {
		const char *id;
		if (open_store(f, STORE_CREATE) < 0 || !(id = add_run(f, "x", i)) ||
		    fd_write_all(out, id, 32) < 0)
			_exit(1);
	}
}

static void killed_at_any_moment(void **state)
{
	struct fixture *f = *state;
	for (int round = 0; round < 8; round++) {
		int p[2], st;
		char id[33] = "";
		pid_t pid;
		assert_int_equal(pipe(p), 0);
		pid = fork();
		if (pid == 0)
			create_for_ever(f, p[1]);
		close(p[1]);
		/* From none (it dies making the tables) to some. */
		for (int i = 0; i < round; i++)
			assert_int_equal(read(p[0], id, 32), 32);
		usleep((useconds_t)(round * 700));
		kill(pid, SIGKILL);
		assert_true(waitpid(pid, &st, 0) == pid && WIFSIGNALED(st));
		for (bool more = id[0]; more; more = read(p[0], id, 32) == 32)
			assert_string_equal(
			    ask(f,
				arena_printf(&f->a,
				    "SELECT status FROM runs WHERE run_uuid = '%s'", id)),
			    "RUNNING");
		close(p[0]);
		assert_string_equal(ask(f, "PRAGMA integrity_check"), "ok");
	}
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
}

/* Write until it fails; what was said to be recorded is there, and the store goes on. */
static int fill_up(struct fixture *f)
{
	char *big = calloc(1, 8000), id[33];
	struct kv tags[3] = {{"a", big}, {"b", big}, {"c", big}};
	struct run_new n = {.run_id = id, .tags = {tags, 3}};
	struct run_record r;
	int good = 0;
	memset(big, 'x', 7999);
	CHECK(open_store(f, STORE_CREATE) == 0);
	for (;; good++) {
		run_id_new(id);
		if (f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err) < 0)
			break;
		CHECK(good < 1000);
	}
	CHECK(strstr(f->err.msg, "cannot write database"));
	CHECK(atoi(ask(f, "SELECT count(*) FROM runs")) == good);
	CHECK(strcmp(ask(f, "PRAGMA integrity_check"), "ok") == 0);
	close_store(f);
	free(big);
	return 0;
}

static int limited(struct fixture *f)
{
	struct rlimit rl = {400000, 400000};
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &rl) == 0);
	return fill_up(f);
}

/* A file system of its own over the directory, gone with the process. */
static bool mount_disk(struct fixture *f, const char *size)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", f->dir, "tmpfs", 0, size) == 0;
}

static int on_small_disk(struct fixture *f)
{
	if (!mount_disk(f, "size=1m"))
		return 77;
	CHECK(fill_up(f) == 0);
	CHECK(strstr(f->err.msg, "no space left"));
	return 0;
}

static int on_full_disk(struct fixture *f)
{
	if (!mount_disk(f, "size=16k"))
		return 77;
	CHECK(open_store(f, STORE_CREATE) == -1 || !add_run(f, "x", 1));
	CHECK(strstr(f->err.msg, "no space left"));
	return 0;
}

static void no_room_in_the_file(void **state)
{
	assert_int_equal(in_child(*state, limited), 0);
}

static void need_mount(int rc)
{
	if (rc == 77) {
		print_message("SKIP: a small disk cannot be mounted here (needs root)\n");
		skip();
	}
	assert_int_equal(rc, 0);
}

static void no_room_on_the_disk(void **state)
{
	need_mount(in_child(*state, on_small_disk));
}

static void no_room_from_the_start(void **state)
{
	need_mount(in_child(*state, on_full_disk));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(not_sqlite),
	    TEST(not_mlflows),
	    TEST(not_a_file),
	    TEST(not_there),
	    TEST(questions_to_a_fresh_file),
	    TEST(a_later_shape),
	    TEST(a_later_shape_under_our_own_revision),
	    TEST(a_later_shape_that_we_can_serve),
	    TEST(an_older_shape),
	    TEST(a_damaged_file),
	    TEST(the_journal),
	    TEST(a_file_that_may_only_be_read),
	    TEST(locked_by_another),
	    TEST(those_who_write_together_wait_for_each_other),
	    TEST(fifty_first_runs_at_once),
	    TEST(killed_at_any_moment),
	    TEST(no_room_in_the_file),
	    TEST(no_room_on_the_disk),
	    TEST(no_room_from_the_start),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
