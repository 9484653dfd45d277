/* SPDX-License-Identifier: MIT */
/* pythons.h -- the paths where a Python may be; nothing is started. */
#ifndef PYTHONS_H
#define PYTHONS_H

#include "env/python.h"

struct python_paths {
	const char **v;
	size_t n;
};

/* Of the wanted version as far as names tell, in the order of preference. */
void python_paths_find(const struct python_search *s, struct python_paths *out);

#endif
