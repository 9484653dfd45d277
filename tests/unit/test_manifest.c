/* SPDX-License-Identifier: MIT */
/*
 * Every directory in tests/cases/manifest is one project; expected.txt holds what
 * manifest_load says about it and the model that it gives.  UPDATE_CASES=1 writes the
 * files anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/strvec.h"
#include "manifest/manifest.h"

static void dump_word(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s", name);
	if (!value) {
		buf_adds(out, " (none)\n");
		return;
	}
	buf_adds(out, " \"");
	quote_display(out, value, strlen(value));
	buf_adds(out, "\"\n");
}

static void dump_vars(
    struct buf *out, const char *what, const struct env_var *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s %s", what, v[i].name);
		dump_word(out, v[i].value ? " =" : " from host", v[i].value);
	}
}

/* Every brace of the command, with the place that the map gives it. */
static void dump_map(struct buf *out, const struct entry_point *ep)
{
	const char *s = ep->command;
	if (!ep->command_map) {
		buf_adds(out, "    unmapped\n");
		return;
	}
	for (size_t i = 0; s[i]; i++)
		if (s[i] == '{' || s[i] == '}')
			buf_addf(out, "    %c %d:%d\n", s[i], ep->command_map[i].line,
			    ep->command_map[i].column);
}

static void dump_resources(struct buf *out, const char *before, const struct resources *r)
{
	if (r->given & RESOURCE_CPUS)
		buf_addf(out, "%scpus %g\n", before, r->cpus);
	if (r->given & RESOURCE_MEMORY)
		buf_addf(out, "%smemory %lld\n", before, (long long)r->memory_bytes);
	if (r->given & RESOURCE_GPUS)
		buf_addf(out, "%sgpus %d\n", before, r->gpus);
}

static void dump_entry(struct buf *out, const struct entry_point *ep)
{
	static const char *const kinds[] = {
	    "string", "int", "float", "bool", "path", "uri"};
	buf_addf(out, "entry %d:%d", ep->mark.line, ep->mark.column);
	dump_word(out, "", ep->name);
	buf_addf(out, "  command %d:%d", ep->command_mark.line, ep->command_mark.column);
	dump_word(out, "", ep->command);
	dump_map(out, ep);
	if (ep->timeout_ms)
		buf_addf(out, "  timeout %lld ms\n", (long long)ep->timeout_ms);
	dump_vars(out, "  env", ep->env, ep->nenv);
	dump_resources(out, "  ", &ep->resources);
	for (size_t i = 0; i < ep->nparams; i++) {
		const struct param_decl *d = &ep->params[i];
		buf_addf(out, "  param %d:%d %s: %s (%s)", d->mark.line, d->mark.column,
		    d->name, kinds[d->kind], d->type_word);
		dump_word(out, d->default_text ? " =" : " required", d->default_text);
		if (d->description)
			dump_word(out, "    description", d->description);
	}
}

static void dump_model(struct buf *out, const struct manifest *m)
{
	static const char *const keys[] = {"none", "docker", "python", "conda"};
	buf_addf(out, "file %s\n", m->file);
	dump_word(out, "name", m->name);
	buf_addf(out, "environment %s", keys[m->env_key]);
	if (m->env_file)
		buf_addf(
		    out, " %s%s", m->env_file, m->env_file_found ? " (lying there)" : "");
	buf_addc(out, '\n');
	if (m->env_key == ENVKEY_DOCKER)
		dump_word(out, "image", m->docker_image);
	for (size_t i = 0; i < m->ndocker_volumes; i++)
		dump_word(out, "volume", m->docker_volumes[i]);
	dump_vars(out, "variable", m->docker_env, m->ndocker_env);
	dump_resources(out, "", &m->resources);
	for (size_t i = 0; i < m->nentries; i++)
		dump_entry(out, &m->entries[i]);
}

/* The report names the project's directory in full: make it the same everywhere. */
static void add_without(struct buf *out, const char *text, const char *dir)
{
	const char *hit;
	for (; (hit = strstr(text, dir)); text = hit + strlen(dir)) {
		buf_add(out, text, (size_t)(hit - text));
		buf_adds(out, "DIR");
	}
	buf_adds(out, text);
}

static void describe(struct buf *out, struct arena *a, const char *dir)
{
	auto_buf text = BUF_INIT;
	struct diags ds = {.arena = a};
	struct err err = ERR_INIT;
	struct manifest *m = NULL;
	int rc = manifest_load(a, dir, &m, &ds, &err);
	for (size_t i = 0; i < ds.n; i++)
		diag_print(&text, &ds.v[i], false);
	if (rc < 0) {
		buf_addf(&text, "failed: %s\n", err.msg);
		if (err.hint[0])
			buf_addf(&text, "  hint: %s\n", err.hint);
	} else if (m) {
		dump_model(&text, m);
	}
	assert_true(rc < 0 || (m != NULL) == (ds.errors == 0));
	add_without(out, text.s, dir);
}

static int run_case(const char *cases, const char *name)
{
	auto_arena a = ARENA_INIT;
	auto_buf got = BUF_INIT, want = BUF_INIT;
	char *dir = path_join(&a, cases, name);
	char *expected = path_join(&a, dir, "expected.txt");
	struct err err = ERR_INIT;
	describe(&got, &a, dir);
	if (getenv("UPDATE_CASES")) {
		assert_int_equal(0, file_write(expected, got.s, got.len, 0644, &err));
		return 0;
	}
	if (file_read(expected, 1 << 20, &want, &err) < 0)
		fail_msg("%s", err.msg);
	if (strcmp(want.s, got.s) == 0)
		return 0;
	print_error("case %s\n--- expected\n%s--- got\n%s", name, want.s, got.s);
	return 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_cases(const char *cases, struct strvec *names)
{
	auto_dir d = opendir(cases);
	struct dirent *e;
	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			strvec_push(names, e->d_name);
	qsort(names->v, names->n, sizeof(*names->v), compare_names);
}

static void test_cases(void **state)
{
	auto_arena a = ARENA_INIT;
	auto_strvec names = STRVEC_INIT;
	auto_free char *cwd = getcwd(NULL, 0);
	const char *cases = path_join(&a, cwd, "tests/cases/manifest");
	int bad = 0;
	(void)state;
	list_cases(cases, &names);
	assert_true(names.n > 70);
	for (size_t i = 0; i < names.n; i++)
		bad += run_case(cases, names.v[i]);
	assert_int_equal(0, bad);
}

/* A directory for one test, removed at its end. */
static int make_dir(void **state)
{
	char *dir = strdup("/tmp/mlp-manifest-XXXXXX");
	*state = dir;
	return dir && mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct err err = ERR_INIT;
	int rc = tree_remove(*state, &err);
	free(*state);
	return rc;
}

static void check_fails(const char *dir, enum err_code code, const char *part)
{
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	struct err err = ERR_INIT;
	struct manifest *m;
	assert_int_equal(-1, manifest_load(&a, dir, &m, &ds, &err));
	assert_int_equal(code, err.code);
	if (!strstr(err.msg, part))
		fail_msg("'%s' is not in '%s'", part, err.msg);
	assert_null(m);
}

static void test_no_directory(void **state)
{
	auto_arena a = ARENA_INIT;
	check_fails(path_join(&a, *state, "gone"), ERR_NOTFOUND, "gone");
}

static void test_dangling_link(void **state)
{
	auto_arena a = ARENA_INIT;
	assert_int_equal(0, symlink("nowhere", path_join(&a, *state, "MLproject")));
	check_fails(*state, ERR_NOTFOUND, "MLproject");
}

/* Opening one would wait for a writer. */
static void test_fifo(void **state)
{
	auto_arena a = ARENA_INIT;
	assert_int_equal(0, mkfifo(path_join(&a, *state, "MLproject"), 0600));
	check_fails(*state, ERR_FAIL, "MLproject' is not a regular file");
}

static void test_too_large(void **state)
{
	auto_arena a = ARENA_INIT;
	const char *path = path_join(&a, *state, "MLproject");
	struct err err = ERR_INIT;
	assert_int_equal(0, file_write(path, "", 0, 0600, &err));
	assert_int_equal(0, truncate(path, MANIFEST_MAX_BYTES + 1));
	check_fails(*state, ERR_FAIL, "1048576");
}

/* Root may read everything, so it becomes somebody else for the moment. */
static void test_unreadable(void **state)
{
	auto_arena a = ARENA_INIT;
	const char *path = path_join(&a, *state, "MLproject");
	struct err err = ERR_INIT;
	bool root = geteuid() == 0;
	assert_int_equal(0, file_write(path, "", 0, 0600, &err));
	assert_int_equal(0, chmod(path, 0000));
	assert_int_equal(0, chmod(*state, 0755));
	if (root)
		assert_int_equal(0, seteuid(65534));
	check_fails(*state, ERR_FAIL, "Permission denied");
	if (root)
		assert_int_equal(0, seteuid(0));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    IN_DIR(test_no_directory),
	    IN_DIR(test_dangling_link),
	    IN_DIR(test_fifo),
	    IN_DIR(test_too_large),
	    IN_DIR(test_unreadable),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
