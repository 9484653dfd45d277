/* SPDX-License-Identifier: MIT */
#include "flow/onend.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strvec.h"
#include "flow/artifacts.h"

static int64_t limit(void)
{
	const char *text = secure_getenv("MLP_ON_END_LIMIT");
	char *end;
	long ms = text && *text ? strtol(text, &end, 10) : 0;
	return ms > 0 && *end == '\0' && ms < ON_END_MS ? ms : ON_END_MS;
}

static int read_run(const struct ctx *ctx, struct arena *a, const struct tracking *t,
    const char *run_id, struct run_record *run, struct err *err)
{
	struct store *store;
	int rc;
	if (store_open(ctx, t, STORE_READ, &store, err) < 0)
		return -1;
	rc = store->ops->run_get(store, a, run_id, run, err);
	store->ops->close(store);
	return rc;
}

/* Longer than a pipe holds, perhaps. */
static int text_fd(const struct buf *text, struct err *err)
{
	auto_fd fd = memfd_create("run.json", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, text->s, text->len) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "cannot hand over the run");
	return steal_fd(&fd);
}

static int run_command(const struct ctx *ctx, const struct run_request *rq,
    const struct tracking *t, int input, const char *log, struct err *err)
{
	const char *const argv[] = {"sh", "-c", rq->on_end, NULL};
	auto_strvec env = STRVEC_INIT;
	auto_buf how = BUF_INIT;
	struct launch l = {.argv = (char *const *)argv,
	    .cwd = ctx->cwd ? ctx->cwd : "/",
	    .stdout_log = log,
	    .stderr_log = log,
	    .timeout_ms = limit(),
	    .quiet = rq->quiet || rq->background,
	    .is_step = true,
	    .input = input};
	struct outcome o;
	strvec_push_all(&env, environ);
	strvec_setenv(&env, "MLFLOW_TRACKING_URI", t->uri);
	l.envp = strvec_argv(&env);
	if (supervise(ctx, &l, &o, err) < 0)
		return -1;
	free(o.stderr_tail);
	if (err->code || (o.exit.kind == EXIT_EXITED && o.exit.code == 0))
		return err->code ? -1 : 0;
	exit_describe(&how, &o.exit);
	return err_set(err, ERR_FAIL, "%s", how.s);
}

static int hand_over(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    const struct run_result *r, const char *log, struct err *err)
{
	struct tracking t;
	struct run_record run;
	auto_buf text = BUF_INIT;
	auto_fd input = -1;
	if (!ctx->run_json)
		return err_set(err, ERR_UNSUPPORTED, "not in this program");
	if (tracking_resolve(ctx, a, rq->tracking_uri, &t, err) < 0 ||
	    read_run(ctx, a, &t, r->run_id, &run, err) < 0)
		return -1;
	auto_json j = ctx->run_json(ctx, a, &run);
	json_print(&text, j, false);
	buf_addc(&text, '\n');
	input = text_fd(&text, err);
	return input < 0 ? -1 : run_command(ctx, rq, &t, input, log, err);
}

/* Where nobody sees our words they are beside its own. */
static void tell(const struct ctx *ctx, const char *log, const struct err *err)
{
	auto_buf line = BUF_INIT;
	auto_fd fd =
	    open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	buf_addf(&line, "mlp: --on-end: %s\n", err->msg);
	if (fd >= 0)
		(void)fd_write_all(fd, line.s, line.len);
	ctx_say(ctx, SAY_WARNING, "--on-end: %s", err->msg);
}

void on_end(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    const struct run_result *r)
{
	struct ctx mine = *ctx;
	struct err err = ERR_INIT;
	const char *dir = artifacts_log_dir(ctx, a, r->run_id, r->artifact_uri);
	const char *log = path_join(a, dir, "on-end.log");
	mine.interrupted = NULL; /* what has stopped the run does not stop this */
	if (hand_over(&mine, a, rq, r, log, &err) < 0)
		tell(&mine, log, &err);
}
