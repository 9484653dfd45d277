/* SPDX-License-Identifier: MIT */
#include "base/libexec.h"

#include <limits.h>
#include <sys/auxv.h>

#include "base/file.h"
#include "base/path.h"

#ifndef MLP_LIBEXEC_DEFAULT
#define MLP_LIBEXEC_DEFAULT "/usr/local/libexec/mlp"
#endif

const char *libexec_own_program(struct arena *a)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	return n > 0 ? arena_strndup(a, self, (size_t)n) : NULL;
}

const char *libexec_find(struct arena *a, const char *self)
{
	static const char *const places[] = {
	    "../libexec/mlp", "../../libexec/mlp", "../libexec"};
	const char *env = getenv("MLP_LIBEXEC"), *dir;
	if (env && *env && !getauxval(AT_SECURE))
		return env;
	for (size_t i = 0; self && i < sizeof(places) / sizeof(places[0]); i++) {
		dir = path_abs(a, path_dir(a, self), places[i]);
		if (i < 2 ? path_is_dir(dir) : path_exists(path_join(a, dir, "mlp-git")))
			return dir;
	}
	return MLP_LIBEXEC_DEFAULT;
}
