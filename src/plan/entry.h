/* SPDX-License-Identifier: MIT */
/* entry.h -- which entry point a name means: one of the manifest's, else a script file.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include "base/err.h"
#include "manifest/manifest.h"

/*
 * The manifest's entry point of that exact name, else for *.py, *.sh and *.R files one
 * made up as MLflow does (`python`, $SHELL or bash, `Rscript`), with no declared
 * parameters. NULL: ERR_USAGE that lists the known ones; also for a script that is not in
 * project_dir (NULL: not looked for).
 */
const struct entry_point *entry_choose(struct arena *a, const struct manifest *m,
    const char *project_dir, const char *name, const char *shell, bool *is_script,
    struct err *err);

#endif
