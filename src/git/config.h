/* SPDX-License-Identifier: MIT */
/* config.h -- the user's git configuration. */
#ifndef CONFIG_H
#define CONFIG_H

#include "base/arena.h"
#include "base/strvec.h"
#include "git/lib.h"

/* The value of a variable as a repository sees it, or NULL. */
const char *config_text(struct arena *a, git_repository *repo, const char *name);
/* http.<url>.<name> of the address that fits the URL best, else http.<name>, or NULL. */
const char *config_http(
    struct arena *a, git_repository *repo, const char *url, const char *name);
/* The same for a variable with many values: those of the best fit alone. */
void config_http_all(struct arena *a, git_repository *repo, const char *url,
    const char *name, struct strvec *out);
/* As git reads a boolean; what is none is `fallback`. */
bool config_is_true(const char *text, bool fallback);

#endif
