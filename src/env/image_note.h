/* SPDX-License-Identifier: MIT */
/*
 * image_note.h -- <cache>/images/<id>.json: that an image was built here, so that it can be
 * listed and removed without asking an engine for the images of others.  Its time is that
 * of the last use.
 */
#ifndef IMAGE_NOTE_H
#define IMAGE_NOTE_H

#include "env/image.h"

/* It was built just now.  What cannot be written is a warning. */
void image_note_built(struct env *e, const struct engine *en, const struct image *im);
/* It is used again; nothing where it was not built here. */
void image_note_used(struct env *e, const struct image *im);

#endif
