/* SPDX-License-Identifier: MIT */
/* Where control groups are, sizes, rules for trying again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* after those */
#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "flow/attempts.h"
#include "run/cgroup.h"

/* "-" for NULL. */
static void is(const char *saw, const char *expected)
{
	assert_string_equal(saw ? saw : "-", expected);
}

/* ---- where groups are ---- */

static const char v1[] =
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup "
    "rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
static const char v2[] =
    "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

static void test_find(void **state)
{
	static const struct {
		const char *mounts, *self;
		const char *memory, *cpu, *unified, *above;
	} t[] = {
	    {v1, "4:memory:/user/ann\n1:cpu,cpuacct:/\n0::/\n",
		"/sys/fs/cgroup/memory/user/ann", "/sys/fs/cgroup/cpu,cpuacct",
		"/sys/fs/cgroup/unified", "-"},
	    {v2,
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n",
		"-", "-",
		"/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/"
		"term.scope",
		"/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"},
	    {v2, "0::/\n", "-", "-", "/sys/fs/cgroup", "-"},
	    /* a container: the mount begins at its own group */
	    {"9 8 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
		"4:memory:/docker/abc/x\n", "/sys/fs/cgroup/memory/x", "-", "-", "-"},
	    {"9 8 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
		"4:memory:/docker/abcd\n", "-", "-", "-", "-"},
	    {"9 8 0:32 /docker/abc /m ro - cgroup cgroup rw,memory\n"
	     "9 8 0:32 / /whole ro - cgroup cgroup rw,memory\n",
		"4:memory:/else\n", "/whole/else", "-", "-", "-"},
	    /* outside of what our namespace shows */
	    {v2, "0::/../../other\n", "-", "-", "-", "-"},
	    {v2, "0::/a:b\n", "-", "-", "/sys/fs/cgroup/a:b", "/sys/fs/cgroup"},
	    {"9 8 0:27 / /my\\040groups rw - cgroup2 none rw\n", "0::/a\n", "-", "-",
		"/my groups/a", "/my groups"},
	    /* controllers that only begin so */
	    {"9 8 0:32 / /m rw - cgroup cgroup rw,memoryx,cpuset\n",
		"4:memoryx,cpuset:/\n", "-", "-", "-", "-"},
	    {"", "", "-", "-", "-", "-"},
	    {"\n1 2 3\n- - -\n", "\n:\n::\n0:\n", "-", "-", "-", "-"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct cgroup_place p;
		cgroup_find(&a, t[i].mounts, t[i].self, &p);
		is(p.memory, t[i].memory);
		is(p.cpu, t[i].cpu);
		is(p.unified, t[i].unified);
		is(p.above, t[i].above);
	}
}

/* A directory that looks like a group of version 2, as far as plain files can. */
static const char *fake(
    struct arena *a, const char *dir, const char *controllers, const char *max)
{
	struct err err = ERR_INIT;
	const char *group = path_join(a, dir, "own");
	assert_int_equal(dir_make(group, 0755, &err), 0);
	assert_int_equal(file_write(path_join(a, group, "cgroup.subtree_control"),
			     controllers, strlen(controllers), 0644, &err),
	    0);
	assert_int_equal(
	    file_write(path_join(a, group, "memory.max"), max, strlen(max), 0644, &err),
	    0);
	return group;
}

/* The group is there already, with the files that the kernel would make. */
static void make_group(struct arena *a, const char *parent)
{
	static const char *const files[] = {
	    "cgroup.procs", "memory.max", "memory.swap.max", "cpu.max"};
	struct err err = ERR_INIT;
	const char *dir = path_join(a, parent, "mlp-abc");
	assert_int_equal(dir_make(dir, 0755, &err), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    file_write(path_join(a, dir, files[i]), "", 0, 0644, &err), 0);
}

static const char *text_of(struct arena *a, const char *dir, const char *file)
{
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	assert_int_equal(file_read(path_join(a, dir, file), 1000, &b, &err), 0);
	return arena_strdup(a, b.s);
}

static void end(const char *dir)
{
	struct err err = ERR_INIT;
	assert_int_equal(tree_remove(dir, &err), 0);
}

static void test_unified(void **state)
{
	static const struct {
		const char *controllers, *max;
		bool below, beside; /* where it is made */
	} t[] = {
	    {"cpu memory pids\n", "max\n", true, false},
	    {"\n", "max\n", false, true},
	    {"\n", "1073741824\n", false, false}, /* its limit would be escaped */
	    {"memoryx\n", "max\n", false, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_arena a = ARENA_INIT;
		char root[] = "/tmp/mlp-test-XXXXXX";
		struct cgroup g;
		struct cgroup_place p = {.above = mkdtemp(root)};
		const char *dir;
		p.unified = fake(&a, root, t[i].controllers, t[i].max);
		make_group(&a, p.unified);
		make_group(&a, root);
		cgroup_open(&g, &p, "abc", 64 << 20, 1.5, NULL);
		assert_int_equal(g.version, t[i].below || t[i].beside ? 2 : 0);
		assert_int_equal(g.has_memory, t[i].below || t[i].beside);
		assert_int_equal(g.has_cpus, t[i].below || t[i].beside);
		dir = path_join(&a, t[i].below ? p.unified : root, "mlp-abc");
		if (g.version) {
			is(g.v[0].path, dir);
			is(text_of(&a, dir, "memory.max"), "67108864");
			is(text_of(&a, dir, "memory.swap.max"), "0");
			is(text_of(&a, dir, "cpu.max"), "150000 100000");
			is(text_of(&a, dir, "cgroup.procs"), "0"); /* it was tried */
			assert_int_equal(g.n, 1);
			close(g.v[0].procs);
			free(g.v[0].path);
		}
		end(root);
	}
}

static void test_counts(void **state)
{
	auto_arena a = ARENA_INIT;
	char root[] = "/tmp/mlp-test-XXXXXX";
	struct cgroup g = {.version = 2, .memory_dir = mkdtemp(root)};
	struct err err = ERR_INIT;
	static const char events[] = "low 0\nhigh 3\nmax 7\noom 2\noom_kill 1\n"
				     "oom_group_kill 5\n";
	(void)state;
	assert_int_equal(cgroup_peak(&g), -1);
	assert_int_equal(cgroup_oom_kills(&g), 0);
	file_write(path_join(&a, root, "memory.peak"), "52428800\n", 9, 0644, &err);
	file_write(
	    path_join(&a, root, "memory.events"), events, sizeof(events) - 1, 0644, &err);
	assert_int_equal(cgroup_peak(&g), 52428800);
	assert_int_equal(cgroup_oom_kills(&g), 1);
	end(root);
}

/* A note that names other directories than groups of that run harms none. */
static void test_left(void **state)
{
	auto_arena a = ARENA_INIT;
	char root[] = "/tmp/mlp-test-XXXXXX";
	struct err err = ERR_INIT;
	const char *dir, *other, *note;
	(void)state;
	assert_non_null(mkdtemp(root));
	dir = path_join(&a, root, "mlp-abc");
	other = path_join(&a, root, "other");
	assert_int_equal(mkdir(dir, 0755) | mkdir(other, 0755), 0);
	note = arena_printf(&a, "%s\n%s\n\n/\n", dir, other);
	file_write(path_join(&a, root, "cgroup"), note, strlen(note), 0644, &err);
	cgroup_remove_left(root, "abc");
	assert_true(path_is_dir(dir)); /* on no cgroup file system */
	assert_true(path_is_dir(other));
	assert_false(path_exists(path_join(&a, root, "cgroup")));
	end(root);
}

static void test_holds(void **state)
{
	char pid[32];
	(void)state;
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_false(cgroup_holds(pid, "abc"));
	assert_false(cgroup_holds("999999999", "abc"));
}

/* ---- sizes ---- */

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: none */
		const char *again;
	} t[] = {
	    {"1", 1, "1 bytes"},
	    {"1k", 1024, "1 KiB"},
	    {"64m", 64 << 20, "64 MiB"},
	    {"64M", 64 << 20, "64 MiB"},
	    {"64MB", 64 << 20, "64 MiB"},
	    {"64 MiB", 64 << 20, "64 MiB"},
	    {"1.5g", 1610612736, "1.5 GiB"},
	    {"2T", 2199023255552, "2 TiB"},
	    {"1000b", 1000, "1000 bytes"},
	    {"", -1, NULL},
	    {"0", -1, NULL},
	    {"-1", -1, NULL},
	    {"1e9", -1, NULL},
	    {"0x10", -1, NULL},
	    {"1.2.3", -1, NULL},
	    {"m", -1, NULL},
	    {"5x", -1, NULL},
	    {"5mm", -1, NULL},
	    {"5kib ", -1, NULL},
	    {"nan", -1, NULL},
	    {"inf", -1, NULL},
	    {" 5", -1, NULL},
	    {"99999999999999999999", -1, NULL},
	    {"9999999t", -1, NULL},
	    {".", -1, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err err = ERR_INIT;
		int64_t v = -1;
		auto_buf b = BUF_INIT;
		int rc = bytes_parse(t[i].text, &v, &err);
		assert_int_equal(rc, t[i].bytes < 0 ? -1 : 0);
		assert_int_equal(v, t[i].bytes);
		assert_int_equal(err.code, rc ? ERR_USAGE : ERR_NONE);
		if (rc == 0) {
			bytes_put(&b, v);
			is(b.s, t[i].again);
		}
	}
}

/* ---- trying again ---- */

static void test_lists(void **state)
{
	static const struct {
		const char *list, *word;
		bool has;
	} t[] = {
	    {"1", "1", true},
	    {"1", "10", false},
	    {"10", "1", false},
	    {"1,75, timeout", "75", true},
	    {"1,75, timeout", "timeout", true},
	    {"1,75, timeout", "signal", false},
	    {"any", "3", true},
	    {"any", "oom", true},
	    {"any", "never", false},
	    {"any,never", "never", true},
	    {"oom ,5", "oom", true},
	};
	static const char *const bad[] = {
	    "", "0", "256", "1,", ",1", "1;2", "anything", "-1", "1 2", "TIMEOUT"};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err err = ERR_INIT;
		assert_int_equal(retry_on_check(t[i].list, &err), 0);
		assert_int_equal(retry_on_has(t[i].list, t[i].word), t[i].has);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		assert_int_equal(retry_on_check(bad[i], &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void test_delays(void **state)
{
	static const struct {
		int64_t first;
		int number;
		int64_t ms;
	} t[] = {
	    {0, 2, 5000},
	    {0, 3, 10000},
	    {0, 8, 300000},
	    {0, 1000, 300000},
	    {1, 2, 1},
	    {1, 12, 1024},
	    {600000, 2, 600000},
	    {600000, 9, 600000},
	    {INT64_MAX / 2, 1000, INT64_MAX / 2},
	    {200000, 3, 300000},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct retry_rule r = {.delay_ms = t[i].first};
		assert_int_equal(retry_delay(&r, t[i].number), t[i].ms);
	}
}

static void test_wanted(void **state)
{
	static const struct {
		struct exit_status exit;
		enum run_status status;
		const char *on;
		bool wanted;
	} t[] = {
	    {{.kind = EXIT_EXITED, .code = 3}, RUN_FAILED, NULL, true},
	    {{.kind = EXIT_EXITED, .code = 3}, RUN_FAILED, "4", false},
	    {{.kind = EXIT_EXITED, .code = 3}, RUN_KILLED, NULL, false},
	    {{.kind = EXIT_EXITED}, RUN_FINISHED, NULL, false},
	    {{.kind = EXIT_SIGNALLED, .sig = 9}, RUN_FAILED, "9", false},
	    {{.kind = EXIT_SIGNALLED, .sig = 9}, RUN_FAILED, "signal", true},
	    {{.kind = EXIT_TIMEOUT}, RUN_FAILED, NULL, true},
	    {{.kind = EXIT_OOM, .code = 1}, RUN_FAILED, "1", false},
	    {{.kind = EXIT_OOM, .code = 1}, RUN_FAILED, "oom", true},
	    {{.kind = EXIT_NEVER, .code = 127}, RUN_FAILED, NULL, false},
	    {{.kind = EXIT_NEVER, .code = 127}, RUN_FAILED, "never", true},
	    {{.kind = EXIT_UNKNOWN}, RUN_FAILED, NULL, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct retry_rule r = {.most = 1, .on = t[i].on};
		const struct outcome o = {.exit = t[i].exit};
		const struct ending e = {.status = t[i].status};
		assert_int_equal(retry_wanted(&r, &o, &e), t[i].wanted);
	}
}

static void test_over(void **state)
{
	const struct retry_rule manifest = {true, 3, 100, "1"};
	const struct retry_rule none = {.given = false}, zero = {.given = true};
	const struct retry_rule on = {.on = "oom"};
	struct retry_rule r = retry_rule_over(&manifest, &none);
	(void)state;
	assert_int_equal(r.most, 3);
	assert_int_equal(r.delay_ms, 100);
	r = retry_rule_over(&manifest, &zero);
	assert_int_equal(r.most, 0);
	r = retry_rule_over(&manifest, &on);
	assert_int_equal(r.most, 3);
	is(r.on, "oom");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_unified),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_left),
	    cmocka_unit_test(test_holds),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_delays),
	    cmocka_unit_test(test_wanted),
	    cmocka_unit_test(test_over),
	};
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
