/* SPDX-License-Identifier: MIT */
/* explain.h -- what a YAML parser stumbled over, in words for the person who wrote it. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <yaml.h>

#include "manifest/page.h"

/* Report the error that `parser` stopped at. */
void explain_yaml_error(struct page *p, const yaml_parser_t *parser);

#endif
