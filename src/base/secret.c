/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <strings.h>

bool secret_name(const char *name, size_t n)
{
	static const char *const words[] = {"TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE",
	    "SECRET", "KEY", "CREDENTIAL"};
	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		for (size_t i = 0, len = strlen(words[w]); i + len <= n; i++)
			if (strncasecmp(name + i, words[w], len) == 0)
				return true;
	return false;
}
