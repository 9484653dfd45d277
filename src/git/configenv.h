/* SPDX-License-Identifier: MIT */
/*
 * configenv.h -- what git takes from its environment as configuration, and libgit2 does
 * not: GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM and GIT_CONFIG_NOSYSTEM for the files,
 * GIT_CONFIG_COUNT with GIT_CONFIG_KEY_<n> and GIT_CONFIG_VALUE_<n> for single settings.
 */
#ifndef CONFIGENV_H
#define CONFIGENV_H

#include "git/lib.h"

/* To be told of each repository as soon as it is open.  What makes no sense is left out. */
void configenv_apply(git_repository *repo);

#endif
