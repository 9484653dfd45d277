/* SPDX-License-Identifier: MIT */
/* sshlib.h -- keys for libgit2's own ssh, where there is no ssh program. */
#ifndef SSHLIB_H
#define SSHLIB_H

#include "base/arena.h"
#include "git/lib.h"

/*
 * What a server that asks is answered next: the user's name, the agent's keys, then the
 * key files of ~/.ssh that need no passphrase.  *tried counts, from 0.
 */
int sshlib_credential(git_credential **out, struct arena *a, const char *user,
    unsigned int allowed, long long *tried);

#endif
