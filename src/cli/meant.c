/* SPDX-License-Identifier: MIT */
#include "cli/meant.h"

#include "base/clock.h"

void meant_add(struct cli *cli, struct meant *m, const char *word)
{
	ARENA_GROW(&cli->arena, m->words, m->nwords);
	m->words[m->nwords++] = word;
}

static void add_run(struct cli *cli, struct meant *m, const struct control_run *r)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->runs[i].card.run_id, r->card.run_id) == 0)
			return;
	ARENA_GROW(&cli->arena, m->runs, m->n);
	m->runs[m->n++] = *r;
}

static int add_all(struct cli *cli, struct meant *m, struct err *err)
{
	struct control_run *v;
	size_t n;
	if (control_list(&cli->ctx, &cli->arena, &v, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!card_has_ended(&v[i].card) &&
		    !control_is_around_us(v, n, v[i].card.run_id))
			add_run(cli, m, &v[i]);
	return 0;
}

static int add_words(struct cli *cli, struct meant *m, struct err *err)
{
	for (size_t i = 0; i < m->nwords; i++) {
		struct control_run r;
		if (control_find(&cli->ctx, &cli->arena, NULL, m->words[i], &r, err) < 0)
			return -1;
		add_run(cli, m, &r);
	}
	return 0;
}

bool meant_find(
    struct cli *cli, const struct cmd *cmd, struct meant *m, int ours, int *code)
{
	struct err err = ERR_INIT;
	if (m->all && m->nwords) {
		*code = cli_usage(cmd, "--all and RUN exclude each other");
		return false;
	}
	if (!m->all && !m->nwords) {
		*code = cli_usage(cmd, "missing argument RUN (or --all)");
		return false;
	}
	if ((m->all ? add_all(cli, m, &err) : add_words(cli, m, &err)) == 0)
		return true;
	cli_error(cli, &err);
	*code = err.code == ERR_INTERRUPTED ? 128 + err.sys : ours;
	return false;
}

const char *meant_name(struct cli *cli, const struct card *c)
{
	return arena_printf(&cli->arena, "%s%s%.8s%s", c->name ? c->name : "",
	    c->name ? " (" : "", c->run_id, c->name ? ")" : "");
}

void meant_tell_end(struct cli *cli, const struct card *c)
{
	auto_buf took = BUF_INIT;
	if (c->started >= 0 && c->ended >= 0) {
		buf_adds(&took, c->state == CARD_FINISHED ? " in " : " after ");
		clock_format_duration(&took, c->ended - c->started);
	}
	ctx_say(&cli->ctx, SAY_INFO, "run %s %s%s%s%s", meant_name(cli, c),
	    card_state_word(c->state), took.s, c->reason && *c->reason ? ": " : "",
	    c->reason ? c->reason : "");
}
