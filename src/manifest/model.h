/* SPDX-License-Identifier: MIT */
/* model.h -- the parts of the manifest's model, each read from its node. */
#ifndef MODEL_H
#define MODEL_H

#include "manifest/manifest.h"
#include "manifest/node.h"

/* More than that is not text for a command line. */
enum { TEXT_MAX = 65536 };

/*
 * The value as Python's str(), computed once per node.  Reports one that grows past
 * TEXT_MAX (through aliases) and returns "".
 */
const char *model_text(struct page *p, struct node *n);
/* A name as it is written, with a warning where YAML does not read it as a string. */
const char *model_name(
    struct page *p, const struct node *key, const char *what, const char *option);

void model_entry(struct page *p, const struct pair *pair, struct entry_point *ep);
void model_params(struct page *p, struct node *node, struct entry_point *ep);
/* The `retries` of an entry point. */
void model_retries(struct page *p, const struct node *map, struct retry_rule *out);
void model_env(struct page *p, const struct node *root, struct manifest *m);
/* The `resources` of the project or of an entry point. */
void model_resources(struct page *p, const struct node *map, struct resources *out);
/* The whole document; root may be NULL.  Returns NULL where there is no mapping at all.
 */
struct manifest *model_build(struct page *p, struct node *root);

/* As manifest_parse, but returns what could be read although there were errors. */
struct manifest *manifest_read(struct page *p);

#endif
