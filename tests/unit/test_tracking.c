/* SPDX-License-Identifier: MIT */
#include "store_fixture.h"

static void assert_path(struct fixture *f, const char *uri, const char *path)
{
	need_ok(f, tracking_resolve(&f->ctx, &f->a, uri, &f->t, &f->err));
	assert_string_equal(f->t.path, path);
}

static void forms_of_sqlite_uris(void **state)
{
	struct fixture *f = *state;
	f->ctx.cwd = "/home/ann/wine";
	assert_path(f, NULL, "/home/ann/wine/mlflow.db");
	assert_string_equal(f->t.uri, "sqlite:////home/ann/wine/mlflow.db");
	assert_string_equal(f->t.from, "the default");
	assert_string_equal(f->t.artifact_root, "/home/ann/wine/mlruns");
	assert_path(f, "sqlite:///runs.db", "/home/ann/wine/runs.db");
	assert_path(f, "sqlite:///../x/runs.db", "/home/ann/x/runs.db");
	assert_string_equal(f->t.artifact_root, "/home/ann/x/mlruns");
	assert_path(f, "sqlite:////srv/runs.db", "/srv/runs.db");
	assert_path(f, "sqlite+pysqlite:////srv/runs.db", "/srv/runs.db");
	assert_path(f, "sqlite:////srv/runs.db?timeout=5", "/srv/runs.db");
	assert_path(f, "sqlite:////srv/a%20b#c.db", "/srv/a%20b#c.db");
	assert_string_equal(f->t.uri, "sqlite:////srv/a%20b#c.db");
}

static void where_it_comes_from(void **state)
{
	struct fixture *f = *state;
	setenv("MLFLOW_TRACKING_URI", "sqlite:////srv/env.db", 1);
	assert_path(f, NULL, "/srv/env.db");
	assert_string_equal(f->t.from, "MLFLOW_TRACKING_URI");
	assert_path(f, "sqlite:////srv/option.db", "/srv/option.db");
	assert_string_equal(f->t.from, "--tracking-uri");
	setenv("MLFLOW_TRACKING_URI", "", 1);
	need_ok(f, tracking_resolve(&f->ctx, &f->a, NULL, &f->t, &f->err));
	assert_string_equal(f->t.from, "the default");
}

static void assert_refused(struct fixture *f, const char *uri, const char *why)
{
	int rc = tracking_resolve(&f->ctx, &f->a, uri, &f->t, &f->err);
	assert_non_null(strstr(f->err.msg, "--tracking-uri"));
	assert_non_null(strstr(f->err.hint, "sqlite:///FILE"));
	assert_error(f, rc, ERR_USAGE, why);
}

static void what_is_refused(void **state)
{
	struct fixture *f = *state;
	assert_refused(f, "http://localhost:5000", "server");
	assert_refused(f, "https://host/x", "server");
	assert_refused(f, "postgresql://db/x", "only an SQLite database");
	assert_refused(f, "mysql+pymysql://db/x", "only an SQLite database");
	assert_refused(f, "databricks", "directory of files");
	assert_refused(f, "databricks://profile", "Databricks");
	assert_refused(f, "file:///srv/mlruns", "directory of files");
	assert_refused(f, "./mlruns", "directory of files");
	assert_refused(f, "/srv/mlflow.db", "directory of files");
	assert_refused(f, "sqlite://", "memory");
	assert_refused(f, "sqlite:", "memory");
	assert_refused(f, "sqlite:///", "memory");
	assert_refused(f, "sqlite:///:memory:", "memory");
	assert_refused(f, "sqlite:mlflow.db", "three slashes");
	assert_refused(f, "sqlite://mlflow.db", "three slashes");
	assert_refused(f, "sqlite:///file:x.db?uri=true", "file: name");
	assert_refused(f, "sqlitex:///x.db", "only an SQLite database");
}

static void the_variable_is_named(void **state)
{
	struct fixture *f = *state;
	int rc;
	setenv("MLFLOW_TRACKING_URI", "http://host", 1);
	rc = tracking_resolve(&f->ctx, &f->a, NULL, &f->t, &f->err);
	assert_non_null(strstr(f->err.hint, "unset MLFLOW_TRACKING_URI"));
	assert_error(f, rc, ERR_USAGE, "'http://host' (from MLFLOW_TRACKING_URI)");
}

static void secrets_stay_secret(void **state)
{
	struct fixture *f = *state;
	int rc = tracking_resolve(
	    &f->ctx, &f->a, "postgresql://ann:p@ss@db/x", &f->t, &f->err);
	assert_null(strstr(f->err.msg, "ss@"));
	assert_error(f, rc, ERR_USAGE, "postgresql://***@db/x");
	rc = tracking_resolve(
	    &f->ctx, &f->a, "mysql://db/x?user=ann&password=pass", &f->t, &f->err);
	assert_null(strstr(f->err.msg, "pass'"));
	assert_error(f, rc, ERR_USAGE, "mysql://db/x?user=ann&password=***'");
}

static void a_path_that_no_uri_can_hold(void **state)
{
	struct fixture *f = *state;
	f->ctx.cwd = "/home/what?";
	assert_error(
	    f, tracking_resolve(&f->ctx, &f->a, NULL, &f->t, &f->err), ERR_USAGE, "'?'");
}

static void touch(struct fixture *f, const char *dir)
{
	const char *d = path_join(&f->a, f->dir, dir);
	need_ok(f, dir_make(d, 0755, &f->err));
	need_ok(f, file_write(path_join(&f->a, d, "meta.yaml"), "", 0, 0644, &f->err));
}

static void a_file_store_beside_it(void **state)
{
	struct fixture *f = *state;
	assert_false(tracking_hidden_by_file_store(&f->ctx));
	touch(f, "mlruns/models");
	need_ok(f, dir_make(path_join(&f->a, f->dir, "mlruns/1/x"), 0755, &f->err));
	assert_false(tracking_hidden_by_file_store(&f->ctx));
	touch(f, "mlruns/0");
	assert_true(tracking_hidden_by_file_store(&f->ctx));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(forms_of_sqlite_uris),
	    TEST(where_it_comes_from),
	    TEST(what_is_refused),
	    TEST(the_variable_is_named),
	    TEST(secrets_stay_secret),
	    TEST(a_path_that_no_uri_can_hold),
	    TEST(a_file_store_beside_it),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
