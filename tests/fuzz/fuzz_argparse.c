/* SPDX-License-Identifier: MIT */
/* Any text as a script's --help: no crash, and the draft is a manifest without mistakes. */
#include <stdint.h>

#include "manifest/argparse.h"
#include "manifest/manifest.h"
#include "plan/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_INIT;
	auto_buf draft = BUF_INIT;
	struct diags ds = {.arena = &a};
	struct script_help help;
	struct err err = ERR_INIT;
	const char *text = arena_strndup(&a, (const char *)data, size);
	struct manifest *m;
	if (size > 4096)
		return 0;
	if (argparse_read(&a, "a {b}.py", text, &help, &err) < 0) {
		check(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	argparse_draft(&draft, "name", "a {b}.py", &help);
	m = manifest_parse(&a, "MLproject", draft.s, draft.len, &ds);
	check(m && ds.errors == 0 && m->nentries == 1);
	check(m->entries[0].nparams <= help.n);
	return 0;
}
