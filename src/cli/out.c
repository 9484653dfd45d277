/* SPDX-License-Identifier: MIT */
/* out.c -- what people see: messages and progress on stderr, results on stdout. */
#include <errno.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "cli/cli.h"

enum { PROGRESS_EVERY_MS = 100 };

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define RESET "\033[0m"

static void put_err(const struct buf *b)
{
	fd_write_all(STDERR_FILENO, b->s, b->len);
}

static void clear_live(struct cli *cli)
{
	if (cli->progress_shown)
		fd_write_all(STDERR_FILENO, "\r\033[K", 4);
	cli->progress_shown = false;
}

void cli_progress_end(struct cli *cli)
{
	auto_buf b = BUF_INIT;
	clear_live(cli);
	if (!cli->steps[0])
		return;
	buf_addf(&b, "mlp: %s\n", cli->steps);
	put_err(&b);
	cli->steps[0] = '\0';
}

static void put_line(
    struct cli *cli, const char *colour, const char *label, const char *text)
{
	auto_buf b = BUF_INIT;
	if (cli->colour_err)
		buf_addf(&b, "%s%smlp:%s %s", BOLD, colour, RESET, label);
	else
		buf_addf(&b, "mlp: %s", label);
	quote_display(&b, text, strlen(text));
	buf_addc(&b, '\n');
	clear_live(cli);
	put_err(&b);
}

void cli_say(void *arg, enum say_level level, const char *text)
{
	struct cli *cli = arg;
	if (level < cli->least)
		return;
	/* a warning may come amidst the steps of one fetch */
	if (level != SAY_WARNING)
		cli_progress_end(cli);
	if (level == SAY_WARNING)
		put_line(cli, YELLOW, "warning: ", text);
	else
		put_line(cli, "", "", text);
}

void cli_failed(struct cli *cli, const char *text)
{
	cli_progress_end(cli);
	put_line(cli, RED, "", text);
}

void cli_error(struct cli *cli, const struct err *err)
{
	auto_buf b = BUF_INIT;
	cli_failed(cli, err->msg);
	if (!err->hint[0])
		return;
	buf_adds(&b, "  ");
	quote_display(&b, err->hint, strlen(err->hint));
	buf_addc(&b, '\n');
	put_err(&b);
}

void cli_diags(struct cli *cli, const struct diags *ds)
{
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < ds->n; i++)
		if (ds->v[i].level == DIAG_ERROR || cli->least <= SAY_WARNING)
			diag_print(&b, &ds->v[i], cli->colour_err);
	cli_progress_end(cli);
	put_err(&b);
}

static void add_size(struct buf *b, long long bytes)
{
	if (bytes < 1000 * 1000)
		buf_addf(b, "%.1f kB", (double)bytes / 1e3);
	else
		buf_addf(b, "%.1f MB", (double)bytes / 1e6);
}

static size_t terminal_columns(void)
{
	struct winsize ws;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col ? ws.ws_col : 80;
}

/* A log gets one line for all that a fetch did. */
static void note_step(struct cli *cli, const struct progress *p)
{
	static const struct {
		const char *what, *done, *things;
	} words[] = {
	    {"receiving objects", "received", "objects"},
	    {"checking out files", "checked out", "files"},
	    {"fetching submodules", "fetched", "submodules"},
	    {"downloading", "downloaded", "files"},
	    {"extracting", "extracted", "members"},
	};
	size_t len = strlen(cli->steps);
	auto_buf b = BUF_INIT;
	if (!p->finished || strcmp(p->what, "resolving deltas") == 0)
		return;
	buf_adds(&b, len ? ", " : "");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(p->what, words[i].what) == 0)
			buf_addf(&b, "%s %lld %.*s", words[i].done, p->done,
			    (int)strlen(words[i].things) - (p->done == 1),
			    words[i].things);
	if (b.len <= 2)
		buf_addf(&b, "%s %lld", p->what, p->done);
	if (p->bytes) {
		buf_adds(&b, ", ");
		add_size(&b, p->bytes);
	}
	snprintf(cli->steps + len, sizeof(cli->steps) - len, "%s", b.s);
}

/* A live line on a terminal. */
void cli_progress(void *arg, const struct progress *p)
{
	struct cli *cli = arg;
	bool live = isatty(STDERR_FILENO);
	int64_t now = clock_mono_ms();
	auto_buf b = BUF_INIT;
	if (cli->least > SAY_INFO)
		return;
	if (!live) {
		note_step(cli, p);
		return;
	}
	if (!p->finished && now - cli->progress_at < PROGRESS_EVERY_MS)
		return;
	if (!cli->progress_shown)
		cli->progress_start = now;
	cli->progress_at = now;
	buf_addf(&b, "mlp: %s", p->what);
	if (p->total)
		buf_addf(&b, " %lld/%lld", p->done, p->total);
	else if (p->done)
		buf_addf(&b, " %lld", p->done);
	if (p->bytes) {
		buf_adds(&b, ", ");
		add_size(&b, p->bytes);
	}
	if (p->bytes && now > cli->progress_start) {
		buf_adds(&b, ", ");
		add_size(&b, p->bytes * 1000 / (now - cli->progress_start));
		buf_adds(&b, "/s");
	}
	buf_cut(&b, utf8_prefix(b.s, terminal_columns() - 1));
	fd_write_all(STDERR_FILENO, "\r\033[K", 4);
	put_err(&b);
	cli->progress_shown = true;
	if (p->finished)
		cli_progress_end(cli);
}

int cli_write(int fd, const char *text, size_t n)
{
	/* a reader that has seen enough is no failure */
	if (fd_write_all(fd, text, n) == 0 || errno == EPIPE)
		return CLI_OK;
	dprintf(STDERR_FILENO, "mlp: cannot write to standard %s: %s\n",
	    fd == STDOUT_FILENO ? "output" : "error", strerror(errno));
	return CLI_FAILED;
}

int cli_print(const char *text, size_t n)
{
	return cli_write(STDOUT_FILENO, text, n);
}

int cli_print_json(const cJSON *j)
{
	auto_buf b = BUF_INIT;
	json_print(&b, j, true);
	buf_addc(&b, '\n');
	return cli_print(b.s, b.len);
}
