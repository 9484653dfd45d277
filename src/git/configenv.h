/* SPDX-License-Identifier: MIT */
/*
 * configenv.h -- what git takes from its environment as configuration, and libgit2 does
 * not: GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM and GIT_CONFIG_NOSYSTEM for the files,
 * GIT_CONFIG_COUNT with GIT_CONFIG_KEY_<n> and GIT_CONFIG_VALUE_<n> for single settings.
 */
#ifndef CONFIGENV_H
#define CONFIGENV_H

#include "git/lib.h"

/* Once, before anything is opened.  What makes no sense in the settings is left out. */
int configenv_start(struct err *err);
/* To be told of each repository whose configuration counts, as soon as it is open. */
void configenv_apply(git_repository *repo);

#endif
