/* SPDX-License-Identifier: MIT */
#include "base/user.h"

#include <pwd.h>

const char *user_name(struct arena *a)
{
	static const char *const names[] = {"LOGNAME", "USER", "LNAME", "USERNAME"};
	struct passwd *pw;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *user = getenv(names[i]);
		if (user && *user)
			return user;
	}
	pw = getpwuid(getuid());
	return pw ? arena_strdup(a, pw->pw_name) : "unknown";
}
