/* SPDX-License-Identifier: MIT */
/*
 * api_fixture.h -- more for tests of the API: refusals as tables, whole replies, and what
 * the store says.
 */
#ifndef API_FIXTURE_H
#define API_FIXTURE_H

#include "models_fixture.h"

#define DOCS " See the API docs for more information about request parameters."
#define MISSING(name) "Missing value for required parameter '" name "'." DOCS
#define BAD_CHARS                                                                        \
	"Names may only contain alphanumerics, underscores (_), dashes (-), periods "    \
	"(.), "                                                                          \
	"spaces ( ), colon(:) and slashes (/)."
#define BAD_PATH                                                                         \
	"Names may be treated as files in certain cases, and must not resolve to other " \
	"names when treated as such. This name would resolve to "

/* Text with each "$R" replaced by the run's id, "$K" by a key that is too long. */
static inline const char *fill(struct models *m, const char *text, const char *run)
{
	auto_buf b = BUF_INIT;
	for (const char *s = text; *s; s++)
		if (s[0] == '$' && s[1] == 'R') {
			buf_adds(&b, run ? run : "");
			s++;
		} else if (s[0] == '$' && s[1] == 'K') {
			for (int i = 0; i < 251; i++)
				buf_addc(&b, 'k');
			s++;
		} else {
			buf_addc(&b, *s);
		}
	return arena_strndup(&m->f->a, b.s, b.len);
}

struct refusal {
	const char *line, *body;
	int status;
	const char *code, *message;
};

/* The reply is this error and nothing else. */
static inline void refused(struct models *m, const struct refusal *r, const char *run)
{
	auto_buf want = BUF_INIT;
	const char *message = fill(m, r->message, run);
	buf_addf(&want, "{\"error_code\":\"%s\",\"message\":\"", r->code);
	for (const char *s = message; *s; s++)
		buf_addf(&want,
		    *s == '\n'		      ? "\\n"
		    : *s == '"' || *s == '\\' ? "\\%c"
					      : "%c",
		    *s);
	buf_adds(&want, "\"}");
	ask_api(m, fill(m, r->line, run), fill(m, r->body ? r->body : "", run));
	if (m->status != r->status || strcmp(m->reply.s, want.s) != 0)
		print_error("%s %s\n", r->line, r->body);
	assert_string_equal(m->reply.s, want.s);
	assert_int_equal(m->status, r->status);
}

#define REFUSED(m, rows, run)                                                            \
	do {                                                                             \
		for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++)         \
			refused((m), &(rows)[i_], (run));                                \
	} while (0)

#define USAGE 400, "INVALID_PARAMETER_VALUE"
#define GONE 404, "RESOURCE_DOES_NOT_EXIST"

static inline void answers(
    struct models *m, const char *line, const char *body, const char *want)
{
	ask_api(m, line, body);
	assert_string_equal(m->reply.s, want);
	assert_int_equal(m->status, 200);
}

static inline const char *create_run(struct models *m, const char *body)
{
	EXPECT(m, 200, "POST runs/create", body, "\"run\":{");
	return reply_field(m, "run_id");
}

/* What the store says about the run: asked of SQLite, not of the API. */
static inline const char *sql(struct models *m, const char *run, const char *text)
{
	return ask(m->f, fill(m, text, run));
}

#endif
