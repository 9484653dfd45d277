/* SPDX-License-Identifier: MIT */
/*
 * python.h -- which Python an environment is made with: one that is here, of the wanted
 * version.
 *
 * Looked for, the first that fits: python3.X, python3 and python in PATH (for pyenv's
 * shims what they stand for), what pyenv has installed, what uv has installed.  A Python
 * of a virtualenv stands for the one that it was made with.  What a program said of itself
 * is kept in <cache>/pythons as long as its file is the same, so that nothing is started
 * for it a second time; that note's time is its last use.
 */
#ifndef PYTHON_H
#define PYTHON_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"

/* Strings live in the arena. */
struct python {
	const char *path;    /* the program, absolute, no link */
	const char *version; /* "3.11.7" */
	const char *name;    /* "cpython" */
	const char *abi;     /* what compiled packages must fit: platform and SOABI */
	const char *wheels;  /* pip's own, as it comes with Python; a line each, or "" */
};

struct python_search {
	const struct ctx *ctx;
	struct arena *a;
	const char *wanted; /* "3", "3.11", "3.11.7"; NULL: python3 of PATH */
	const char *dir;    /* the project: a .python-version there is pyenv's */
	bool keep;	    /* what is learnt is kept */
	bool everything;    /* all names of PATH, for a list */
};

/* "3.11" is the version of every 3.11.x, "3.11.7" only of itself. */
bool python_is_version(const char *version, const char *wanted);

/* 1: *out.  0: there is none. */
int python_find(const struct python_search *s, struct python *out);
/* One by its path, as uv found it. */
int python_ask(const struct python_search *s, const char *path, struct python *out);

/* All that are here, for a message: "3.11.2 (/usr/bin/python3.11), ..."; or "none". */
const char *python_list(const struct python_search *s);

#endif
