/* SPDX-License-Identifier: MIT */
/* Any bytes as an MLproject: no crash, and a model that keeps its promises. */
#include <stdint.h>

#include "base/utf8.h"
#include "manifest/manifest.h"
#include "manifest/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

/* A brace of the command stands where the map says, or is an escape there. */
static void check_map(struct page *p, const struct entry_point *ep)
{
	for (size_t i = 0; i <= strlen(ep->command); i++) {
		struct mark at = ep->command_map[i];
		const char *line = page_line(p, at.line), *s;
		check(line && at.column > 0);
		s = line + utf8_prefix(line, (size_t)at.column - 1);
		if (ep->command[i] == '{' || ep->command[i] == '}')
			check(*s == ep->command[i] || *s == '\\');
	}
}

static void check_entry(const struct manifest *m, const struct entry_point *ep)
{
	check(ep->name && ep->command && ep->timeout_ms >= 0);
	if (ep->command_map)
		check_map(m->page, ep);
	for (size_t i = 0; i < ep->nparams; i++)
		check(ep->params[i].name && ep->params[i].type_word);
	for (size_t i = 0; i < ep->nenv; i++)
		check(ep->env[i].name[0] != '\0');
}

static void check_diags(const struct diags *ds)
{
	auto_buf out = BUF_INIT;
	cJSON *j = diags_to_json(ds);
	for (size_t i = 0; i < ds->n; i++) {
		diag_print(&out, &ds->v[i], i % 2);
		check(ds->v[i].message[0] != '\0');
	}
	check(utf8_valid_prefix(out.s, out.len) == out.len);
	cJSON_Delete(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	struct manifest *m =
	    manifest_parse(&a, "MLproject", (const char *)data, size, &ds);
	check((m != NULL) == (ds.errors == 0));
	for (size_t i = 0; m && i < m->nentries; i++)
		check_entry(m, &m->entries[i]);
	check_diags(&ds);
	return 0;
}
