/* SPDX-License-Identifier: MIT */
/* sshcmd.h -- the ssh command line, with the settings that git heeds. */
#ifndef SSHCMD_H
#define SSHCMD_H

#include "base/strvec.h"
#include "git/address.h"
#include "git/lib.h"

/*
 * The argv that starts git-upload-pack for the repository: by GIT_SSH_COMMAND,
 * core.sshCommand, GIT_SSH or `ssh`, in the dialect of GIT_SSH_VARIANT, ssh.variant or
 * what the program's name says.  It is told never to ask anything.
 */
int sshcmd_make(struct arena *a, git_repository *repo, const struct address *to,
    struct strvec *argv, struct err *err);
/* A program for ssh is set, or `ssh` can be found. */
bool sshcmd_there_is(git_repository *repo);

#endif
