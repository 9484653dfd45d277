/* SPDX-License-Identifier: MIT */
/* gitvars.h -- the variables that tell git which repository is meant. */
#ifndef GITVARS_H
#define GITVARS_H

#include "base/strvec.h"

/*
 * An environment for work in another repository: in a hook, or where the user has set
 * them, they name the user's, whatever the directory.
 */
void gitvars_clear(struct strvec *env);

#endif
