/* SPDX-License-Identifier: MIT */
#include "base/gitvars.h"

void gitvars_clear(struct strvec *env)
{
	static const char *const names[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE",
	    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR",
	    "GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
	    "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS", "GIT_QUARANTINE_PATH"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		strvec_setenv(env, names[i], NULL);
}
