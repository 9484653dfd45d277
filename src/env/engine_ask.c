/* SPDX-License-Identifier: MIT */
/* engine_ask.c -- what is asked of an engine (declared in engine.h), whichever way. */
#include <signal.h>

#include "base/ask.h"
#include "env/engine.h"

enum { STOP_MS = 5 * 60 * 1000, SIGNAL_MS = 10 * 1000, AGAIN_MS = 20, AGAIN_MOST = 500 };

int engine_ask(
    const struct engine *en, const char *const *words, struct buf *out, struct err *err)
{
	auto_strvec argv = STRVEC_INIT;
	engine_argv(en, &argv);
	for (; *words; words++)
		strvec_push(&argv, *words);
	return ask_tool(en->ctx->trace, strvec_argv(&argv), NULL, STOP_MS, out, err);
}

/* Over the socket: "/containers/NAME/json", whose NAME is quoted here. */
static int request(const struct engine *en, const char *method, const char *before,
    const char *name, const char *after, int *status, struct buf *body, struct err *err)
{
	auto_buf path = BUF_INIT;
	buf_adds(&path, before);
	engine_quote(&path, name);
	buf_adds(&path, after);
	return engine_request(en, method, path.s,
	    strcmp(method, "POST") == 0 ? SIGNAL_MS : STOP_MS, status, body, err);
}

static bool says_no_such(const struct err *e)
{
	return strcasestr(e->msg, "no such") || strcasestr(e->msg, "not known");
}

static cJSON *inspect_by_program(
    const struct engine *en, const char *type, const char *name, struct err *err)
{
	auto_buf said = BUF_INIT;
	cJSON *first;
	if (engine_ask(en, (const char *[]){"inspect", "--type", type, "--", name, NULL},
		&said, err) < 0) {
		if (says_no_such(err))
			err->code = ERR_NOTFOUND;
		return NULL;
	}
	auto_json j = json_parse(said.s, said.len, "what docker inspect says", err);
	if (!j)
		return NULL;
	first = cJSON_DetachItemFromArray(j, 0);
	if (!first)
		err_set(err, ERR_NOTFOUND, "there is no %s '%s'", type, name);
	return first;
}

cJSON *engine_inspect(
    const struct engine *en, const char *type, const char *name, struct err *err)
{
	bool image = strcmp(type, "image") == 0;
	auto_buf body = BUF_INIT;
	int status = 0;
	if (!en->socket)
		return inspect_by_program(en, type, name, err);
	if (request(en, "GET", image ? "/images/" : "/containers/", name, "/json",
		&status, &body, err) < 0)
		return NULL;
	if (status == 200)
		return json_parse(body.s, body.len, "the engine's reply", err);
	err_set(err, status == 404 ? ERR_NOTFOUND : ERR_FAIL, "%s",
	    engine_said(en->a, &body));
	return NULL;
}

/* A reply that is an error, unless it says that there is no such thing. */
static int judge(const struct engine *en, int status, const struct buf *body,
    bool absent_is_fine, struct err *err)
{
	if (status < 300 || (status == 404 && absent_is_fine))
		return 0;
	return err_set(
	    err, status == 404 ? ERR_NOTFOUND : ERR_FAIL, "%s", engine_said(en->a, body));
}

/* 409: somebody else is removing it just now. */
static int remove_by_socket(const struct engine *en, const char *name, struct err *err)
{
	struct timespec pause = {.tv_nsec = AGAIN_MS * 1000 * 1000};
	for (int i = 0;; i++) {
		auto_buf body = BUF_INIT;
		int status = 0;
		if (request(en, "DELETE", "/containers/", name, "?force=1&v=1", &status,
			&body, err) < 0)
			return -1;
		if (status != 409 || i == AGAIN_MOST)
			return judge(en, status, &body, true, err);
		nanosleep(&pause, NULL);
	}
}

int engine_remove(const struct engine *en, const char *name, struct err *err)
{
	struct err why = ERR_INIT;
	auto_buf body = BUF_INIT;
	const char *const *words;
	if (en->socket)
		return remove_by_socket(en, name, err);
	/* podman gives it 10 s to end, unless it is told otherwise */
	words = en->kind == ENGINE_PODMAN && atoi(en->version) >= 4
		    ? (const char *[]){"rm", "-f", "-v", "-t", "0", "--", name, NULL}
		    : (const char *[]){"rm", "-f", "-v", "--", name, NULL};
	if (engine_ask(en, words, &body, &why) == 0 || says_no_such(&why))
		return 0;
	*err = why;
	return -1;
}

int engine_kill(const struct engine *en, const char *name, int sig, struct err *err)
{
	auto_buf body = BUF_INIT;
	int status = 0;
	char number[32];
	if (en->socket) {
		snprintf(number, sizeof(number), "/kill?signal=%d", sig);
		if (request(en, "POST", "/containers/", name, number, &status, &body,
			err) < 0)
			return -1;
		return judge(en, status, &body, false, err);
	}
	snprintf(number, sizeof(number), "%d", sig);
	return engine_ask(en,
	    (const char *[]){"kill", "--signal", number, "--", name, NULL}, &body, err);
}

int engine_pause(const struct engine *en, const char *name, bool pause, struct err *err)
{
	const char *word = pause ? "pause" : "unpause";
	auto_buf body = BUF_INIT;
	int status = 0;
	if (!en->socket)
		return engine_ask(en, (const char *[]){word, name, NULL}, &body, err);
	if (request(en, "POST", "/containers/", name, pause ? "/pause" : "/unpause",
		&status, &body, err) < 0)
		return -1;
	return judge(en, status, &body, false, err);
}

static int find_by_socket(
    const struct engine *en, const char *label, struct strvec *ids, struct err *err)
{
	auto_buf filter = BUF_INIT;
	auto_buf body = BUF_INIT;
	auto_json f = cJSON_CreateObject();
	const cJSON *c;
	int status = 0;
	json_put_str(json_put_array(f, "label"), NULL, label);
	json_print(&filter, f, false);
	if (request(en, "GET", "/containers/json?all=1&filters=", filter.s, "", &status,
		&body, err) < 0 ||
	    judge(en, status, &body, false, err) < 0)
		return -1;
	auto_json list = json_parse(body.s, body.len, "the engine's reply", err);
	if (!list)
		return -1;
	cJSON_ArrayForEach(c, list) if (json_str(c, "Id"))
	    strvec_push(ids, json_str(c, "Id"));
	return 0;
}

int engine_find(
    const struct engine *en, const char *label, struct strvec *ids, struct err *err)
{
	auto_buf filter = BUF_INIT;
	auto_buf said = BUF_INIT;
	if (en->socket)
		return find_by_socket(en, label, ids, err);
	buf_addf(&filter, "label=%s", label);
	if (engine_ask(en,
		(const char *[]){
		    "ps", "-a", "-q", "--no-trunc", "--filter", filter.s, NULL},
		&said, err) < 0)
		return -1;
	for (char *rest = said.s, *id; (id = strsep(&rest, "\n"));)
		if (*id)
			strvec_push(ids, id);
	return 0;
}
