/* SPDX-License-Identifier: MIT */
/* image_name.h -- names of images as text; pure. */
#ifndef IMAGE_NAME_H
#define IMAGE_NAME_H

#include <stdbool.h>

#include "base/arena.h"

enum { IMAGE_ID_HEX = 64 };

/* "[registry[:port]/]part[/part...][:tag][@digest]"; NULL, or what is wrong with it. */
const char *image_name_fault(const char *name);
/* "sha256:" and 64 hex digits, or these alone. */
bool image_name_is_id(const char *name);
/* Without its tag and digest: "localhost:5000/team/wine". */
char *image_name_repository(struct arena *a, const char *name);

/*
 * What a project's image is built as: "<project>:<first 7 of the commit>", as MLflow does
 * it; without a commit the name alone, without a project name "docker-project".  A name
 * that cannot be an image's is made one: "My Proj" is "my-proj".
 */
char *image_name_built(struct arena *a, const char *project, const char *commit);

#endif
