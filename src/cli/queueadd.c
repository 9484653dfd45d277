/* SPDX-License-Identifier: MIT */
#include "cli/queueadd.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "flow/batchline.h"
#include "flow/given.h"

enum { AT_ONCE = 500 }; /* so many are on disk together, and told then */

struct adding {
	struct cli *cli;
	struct enqueuer e;
	struct arena arena; /* of the lines that are not committed yet */
	cJSON *json[AT_ONCE];
	struct run_request *rq[AT_ONCE];
	size_t n;
	long long line;
	int code;
};

static void tell(struct adding *ad, const struct prepared *p, const struct err *err)
{
	struct err told = ERR_INIT;
	if (p)
		cli_diags(ad->cli, &p->diags);
	err_set(&told, err->code, "line %lld: %s", ad->line, err->msg);
	if (err->hint[0])
		err_hint(&told, "%s", err->hint);
	cli_error(ad->cli, &told);
	ad->code = CLI_FAILED;
}

static void forget(struct adding *ad)
{
	for (size_t i = 0; i < ad->n; i++)
		cJSON_Delete(ad->json[i]);
	ad->n = 0;
	arena_release(&ad->arena);
}

static int commit(struct adding *ad, struct err *err)
{
	auto_buf ids = BUF_INIT;
	int rc = ad->n > 0 ? enqueue_commit(&ad->e, err) : 0;
	for (size_t i = 0; rc == 0 && i < ad->n; i++)
		buf_addf(&ids, "%s\n", ad->rq[i]->new_id);
	forget(ad);
	if (rc == 0 && ids.len > 0 && cli_print(ids.s, ids.len) != CLI_OK)
		ad->code = CLI_FAILED;
	return rc;
}

static void take(struct adding *ad, const char *text, size_t n)
{
	struct run_request *rq = arena_new(&ad->arena, struct run_request);
	const struct prepared *p = NULL;
	struct err err = ERR_INIT;
	cJSON *j = NULL;
	ad->line++;
	if (strspn(text, " \t\r") >= n)
		return;
	if (n > BATCHLINE_MAX)
		err_set(&err, ERR_USAGE, "longer than %d bytes", BATCHLINE_MAX);
	else if (batchline_parse(&ad->arena, text, n, &j, rq, &err) == 0 &&
		 given_finish(&ad->cli->ctx, &ad->arena, rq, &err) == 0 &&
		 enqueue_take(&ad->e, rq, &p, &err) == 0) {
		ad->json[ad->n] = j;
		ad->rq[ad->n++] = rq;
		return;
	}
	cJSON_Delete(j);
	tell(ad, p, &err);
}

static int add_all(struct adding *ad, FILE *f, const char *file, struct err *err)
{
	auto_free char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	while (errno = 0, (n = getline(&text, &cap, f)) > 0) {
		if (text[n - 1] == '\n')
			text[--n] = '\0';
		take(ad, text, (size_t)n);
		if (ad->n == AT_ONCE && commit(ad, err) < 0)
			return -1;
	}
	if (ferror(f))
		return err_sys(err, errno, "cannot read '%s'", file);
	return commit(ad, err);
}

int queue_add_file(struct cli *cli, const char *file, const struct enqueue *how)
{
	auto_free struct adding *ad = xcalloc(1, sizeof(*ad));
	auto_file f =
	    strcmp(file, "-") == 0 ? fdopen(dup(STDIN_FILENO), "r") : fopen(file, "re");
	struct err err = ERR_INIT;
	int code;
	ad->cli = cli;
	if (!f)
		err_sys(&err, errno, "cannot read '%s'", file);
	if (!f || enqueue_open(&ad->e, &cli->ctx, &cli->arena, how, &err) < 0 ||
	    add_all(ad, f, file, &err) < 0) {
		cli_error(cli, &err);
		ad->code = CLI_FAILED;
	}
	forget(ad);
	enqueue_release(&ad->e);
	code = ad->code;
	return code;
}
