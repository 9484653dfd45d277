/* SPDX-License-Identifier: MIT */
/* conda_env.h -- a conda.yaml read for what Python alone can install of it. */
#ifndef CONDA_ENV_H
#define CONDA_ENV_H

#include "env/python_env.h"
#include "manifest/node.h"

/*
 * As MLflow does it: python, pip, setuptools and wheel are understood, the list below
 * `pip` is what is installed, everything else is skipped, with a warning.
 */
void conda_env_read(struct page *p, const struct node *root, struct python_env *out);

/* A list of strings, `name` of the file; with mistakes reported. */
void requirement_list_read(struct page *p, const char *name, const struct node *list,
    struct requirement_list *out);

#endif
