/* SPDX-License-Identifier: MIT */
/* Any text as a python_env.yaml and as a conda.yaml; each line of it as a requirement. */
#include "env/local_package.h"
#include "env/python_env.h"
#include "env/requirements.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

/* Nothing is read that is not below the root, where there is nothing. */
static void check_list(struct arena *a, const struct requirement_list *list)
{
	static const char nowhere[] = "/dev/null/project";
	struct requirements_in in = {
	    .a = a, .dir = nowhere, .root = nowhere, .partial = true};
	struct requirements r = REQUIREMENTS_INIT;
	struct err err = ERR_INIT;
	if (requirements_read(&in, "list", list, &r, &err) < 0)
		check(err.code != ERR_NONE && err.msg[0]);
	else
		check(err.code == ERR_NONE && strlen(r.install.s) == r.install.len);
	for (size_t i = 0; i < list->n; i++) {
		const char *path = local_package_path(a, nowhere, list->v[i].text, false);
		check(!path || *path == '/');
	}
	requirements_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum env_key keys[] = {ENVKEY_PYTHON, ENVKEY_CONDA};
	for (size_t i = 0; i < 2; i++) {
		auto_arena a = ARENA_INIT;
		struct diags ds = {.arena = &a};
		struct python_env env;
		bool good = python_env_parse(
		    &a, keys[i], "file", (const char *)data, size, &env, &ds);
		check(good == (ds.errors == 0));
		if (!good)
			continue;
		check(!env.python || python_env_is_version(env.python));
		check_list(&a, &env.build);
		check_list(&a, &env.dependencies);
	}
	return 0;
}
