/* SPDX-License-Identifier: MIT */
/* command.h -- an entry point's command with its parameters put in. */
#ifndef COMMAND_H
#define COMMAND_H

#include "base/err.h"
#include "plan/params.h"

/*
 * Substitute shell-quoted values for {name} (when `format` is set), then append the extra
 * parameters as --name value, both quoted, on the command's last line.
 * NULL: the mistake was added to ds with its line and column, *err says so in one line.
 */
const char *command_make(struct arena *a, const struct manifest *m,
    const struct entry_point *ep, bool format, const struct params *ps, struct diags *ds,
    struct err *err);

/*
 * Report what command_make would find wrong with a command whatever values it gets
 * (parameters without a default count as given).
 */
void command_check(struct arena *a, const struct manifest *m,
    const struct entry_point *ep, struct diags *ds);

#endif
