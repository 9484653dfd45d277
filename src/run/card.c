/* SPDX-License-Identifier: MIT */
#include "run/card.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "run/lock.h"

enum { CARD_MAX = 1 << 20 };

static const char *const words[] = {
    "QUEUED", "PREPARING", "RUNNING", "STOPPING", "FINISHED", "FAILED", "KILLED"};

enum kind { TEXT, STATE, BOOL, PID, INT, INT64 };

/* A card is written and read by this table. */
static const struct member {
	const char *name;
	enum kind kind;
	size_t offset;
} members[] = {
#define MEMBER(name, kind)                                                               \
	{                                                                                \
#name, kind, offsetof(struct card, name)                                 \
	}
    MEMBER(run_id, TEXT),
    MEMBER(name, TEXT),
    MEMBER(entry_point, TEXT),
    MEMBER(uri, TEXT),
    MEMBER(cwd, TEXT),
    MEMBER(store_uri, TEXT),
    MEMBER(experiment, TEXT),
    MEMBER(log_dir, TEXT),
    MEMBER(parent_id, TEXT),
    MEMBER(next_id, TEXT),
    MEMBER(exit, TEXT),
    MEMBER(reason, TEXT),
    MEMBER(state, STATE),
    MEMBER(recorded, BOOL),
    MEMBER(background, BOOL),
    MEMBER(pid, PID),
    MEMBER(command, PID),
    MEMBER(session, PID),
    MEMBER(exit_code, INT),
    MEMBER(queued, INT64),
    MEMBER(started, INT64),
    MEMBER(ended, INT64),
    MEMBER(cpu_time_ms, INT64),
    MEMBER(memory_bytes, INT64),
};
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

bool card_has_ended(const struct card *c)
{
	return c->state >= CARD_FINISHED;
}

bool card_is_meant(const struct card *c, const char *text)
{
	size_t n = strlen(text);
	return (n >= CARD_ID_SHORTEST && strncmp(c->run_id, text, n) == 0) ||
	       (c->name && strcmp(c->name, text) == 0);
}

const char *card_state_word(enum card_state st)
{
	return words[st];
}

static enum card_state state_from_word(const char *word)
{
	for (int i = CARD_QUEUED; word && i <= CARD_KILLED; i++)
		if (strcmp(words[i], word) == 0)
			return (enum card_state)i;
	return CARD_RUNNING;
}

static void put_member(cJSON *j, const struct member *m, const void *from)
{
	switch (m->kind) {
	case TEXT:
		if (*(const char *const *)from)
			json_put_str(j, m->name, *(const char *const *)from);
		break;
	case STATE:
		json_put_str(j, m->name, words[*(const enum card_state *)from]);
		break;
	case BOOL:
		json_put_bool(j, m->name, *(const bool *)from);
		break;
	case PID:
		json_put_int(j, m->name, *(const pid_t *)from);
		break;
	case INT:
		json_put_int(j, m->name, *(const int *)from);
		break;
	case INT64:
		json_put_int(j, m->name, *(const int64_t *)from);
		break;
	}
}

static void take_member(struct arena *a, const cJSON *j, const struct member *m, void *to)
{
	const char *text;
	switch (m->kind) {
	case TEXT:
		text = json_str(j, m->name);
		*(const char **)to = text ? arena_strdup(a, text) : NULL;
		break;
	case STATE:
		*(enum card_state *)to = state_from_word(json_str(j, m->name));
		break;
	case BOOL:
		*(bool *)to = json_bool(j, m->name, false);
		break;
	case PID:
		*(pid_t *)to = (pid_t)json_int(j, m->name, 0);
		break;
	case INT:
		*(int *)to = (int)json_int(j, m->name, -1);
		break;
	case INT64:
		*(int64_t *)to = json_int(j, m->name, -1);
		break;
	}
}

void card_print(struct buf *out, const struct card *c)
{
	auto_json j = cJSON_CreateObject();
	for (size_t i = 0; i < MEMBERS; i++)
		put_member(j, &members[i], (const char *)c + members[i].offset);
	json_print(out, j, false);
	buf_addc(out, '\n');
}

int card_parse(struct arena *a, const char *text, size_t n, struct card *out)
{
	struct err ignored = ERR_INIT;
	auto_json j = json_parse(text, n, "a card", &ignored);
	if (!json_str(j, "run_id"))
		return -1;
	for (size_t i = 0; i < MEMBERS; i++)
		take_member(a, j, &members[i], (char *)out + members[i].offset);
	return 0;
}

int card_write(const char *dir, const struct card *c, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_buf path = BUF_INIT;
	auto_buf temp = BUF_INIT;
	auto_fd fd = -1;
	card_print(&text, c);
	buf_addf(&path, "%s/card.json", dir);
	buf_addf(&temp, "%s/card.tmp", dir);
	fd = open(temp.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, text.s, text.len) < 0 ||
	    rename(temp.s, path.s) < 0)
		return err_sys(err, errno, "cannot write '%s'", path.s);
	FAULT("card.written");
	return 0;
}

void card_remove(const char *dir)
{
	auto_buf path = BUF_INIT;
	buf_addf(&path, "%s/card.json", dir);
	unlink(path.s);
}

int card_read(struct arena *a, const char *dir, struct card *out, struct err *err)
{
	const char *path = path_join(a, dir, "card.json");
	auto_buf text = BUF_INIT;
	if (file_read(path, CARD_MAX, &text, err) < 0)
		return -1;
	if (card_parse(a, text.s, text.len, out) < 0)
		return err_set(err, ERR_NOTFOUND, "'%s' is damaged", path);
	return 0;
}

int cards_alive(const struct ctx *ctx, struct arena *a, struct card **out, size_t *n,
    struct strvec *bare, struct err *err)
{
	const char *runs = path_join(a, ctx->state_dir ? ctx->state_dir : "", "runs");
	auto_dir d = ctx->state_dir ? opendir(runs) : NULL;
	struct dirent *e;
	*out = NULL;
	*n = 0;
	if (!d && ctx->state_dir && errno != ENOENT)
		return err_sys(err, errno, "cannot read '%s'", runs);
	while (d && (e = readdir(d))) {
		struct card c = CARD_INIT;
		struct err ignored = ERR_INIT;
		if (strchr(e->d_name, '.'))
			continue;
		if (card_read(a, path_join(a, runs, e->d_name), &c, &ignored) < 0) {
			if (bare)
				strvec_push(bare, e->d_name);
			continue;
		}
		ARENA_GROW(a, *out, *n);
		(*out)[(*n)++] = c;
	}
	return 0;
}
