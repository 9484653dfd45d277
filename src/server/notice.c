/* SPDX-License-Identifier: MIT */
/*
 * notice.c -- a command that looks up another experiment than its run's.  MLflow's client
 * then refuses to go on with the run, in words that do not tell why: the supervisor, which
 * gets the event "experiment" with the name, can.
 */
#include "base/event.h"
#include "base/path.h"
#include "server/exchange.h"

/* The name of the experiment in the reply, unless it is the run's. */
static const char *other_name(const cJSON *reply, int64_t own)
{
	const cJSON *e = json_get(reply, "experiment");
	const char *id = json_str(e, "experiment_id");
	return id && strtoll(id, NULL, 10) != own ? json_str(e, "name") : NULL;
}

static void tell(struct server *sv, const char *name)
{
	cJSON *ev;
	if (atomic_exchange(&sv->told_experiment, true))
		return;
	ev = cJSON_CreateObject();
	json_put_str(ev, "name", name);
	(void)event_send(STDOUT_FILENO, "experiment", ev);
}

void notice_experiment(struct exchange *ex)
{
	const struct api_reply *r = &ex->reply.api;
	bool by_name = path_ends_with(ex->path, "/experiments/get-by-name");
	struct err err = ERR_INIT;
	auto_json j = NULL;
	const char *name = NULL;
	if (ex->sv->told_experiment || ex->sv->options->experiment_id < 0 ||
	    (!by_name && !path_ends_with(ex->path, "/experiments/get")))
		return;
	if (r->status == 200) {
		j = json_parse(r->body.s, r->body.len, "the reply", &err);
		name = j ? other_name(j, ex->sv->options->experiment_id) : NULL;
	} else if (r->status == 404 && by_name) {
		name = kvs_get(&ex->query, "experiment_name"); /* it will be made */
	}
	if (name)
		tell(ex->sv, name);
}
