/* SPDX-License-Identifier: MIT */
/*
 * JSON -> message -> JSON: what could be read is written, reads back, and is then written
 * the same.  The first byte chooses the message.
 */
#include <stdint.h>

#include "api/handlers.h"
#include "api/shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct message *const messages[] = {
    &log_batch_message,
    &log_metric_message,
    &create_run_message,
    &update_run_message,
    &run_message,
    &experiment_message,
    &metric_interval_message,
    &log_inputs_message,
    &create_logged_model_message,
    &search_runs_message,
};

static void reads_back(const struct message *m, struct arena *a, const struct buf *once)
{
	void *out = arena_alloc(a, m->size);
	struct err err = ERR_INIT;
	auto_buf twice = BUF_INIT;
	if (message_read(m, a, once->s, once->len, NULL, out, &err) < 0)
		abort();
	message_write(m, out, &twice);
	if (twice.len != once->len || memcmp(twice.s, once->s, twice.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	const struct message *m;
	void *out;
	if (size == 0)
		return 0;
	m = messages[data[0] % (sizeof(messages) / sizeof(messages[0]))];
	out = arena_alloc(&a, m->size);
	if (message_read(m, &a, (const char *)data + 1, size - 1, NULL, out, &err) < 0) {
		if (!err.msg[0] || (err.code != ERR_USAGE && err.code != ERR_FAIL))
			abort();
		return 0;
	}
	message_write(m, out, &text);
	reads_back(m, &a, &text);
	return 0;
}
