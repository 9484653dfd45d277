/* SPDX-License-Identifier: MIT */
/* tabs.h -- tabs that libyaml passes over and PyYAML, and so mlflow, stumbles on. */
#ifndef TABS_H
#define TABS_H

#include "manifest/node.h"

/*
 * Warn about the tabs of a file that was read without errors.  They are harmless in
 * comments and inside `quoted`, the scalars in quotes and blocks, in file order.
 */
void tabs_warn(struct page *p, const struct span *quoted, size_t n);

#endif
