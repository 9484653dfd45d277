/* SPDX-License-Identifier: MIT */
/*
 * ssh.h -- git over the ssh program, so that the user's ~/.ssh/config, agents, jump hosts
 * and known hosts count.
 */
#ifndef SSH_H
#define SSH_H

#include "base/buf.h"
#include "git/lib.h"

/* What ssh said of a connection that failed: its last lines, empty when nothing. */
struct ssh_words {
	struct buf text;
};
#define SSH_WORDS_INIT                                                                   \
	{                                                                                \
		.text = BUF_INIT                                                         \
	}

/* A transport for `remote`, whose URL is one of ssh.  `words` outlives it. */
int ssh_transport(git_transport **out, git_remote *remote, struct ssh_words *words);

#endif
