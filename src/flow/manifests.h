/* SPDX-License-Identifier: MIT */
/*
 * manifests.h -- manifests that were read, for who runs the same projects many times: one
 * whose file, and what lies beside it, the kernel says is unchanged is not read again.
 */
#ifndef MANIFESTS_H
#define MANIFESTS_H

#include "manifest/manifest.h"

struct known_manifest;
/* The zero value knows none. */
struct manifests {
	struct known_manifest **v; /* owned */
	size_t n;
};

/*
 * As manifest_load, but *out and what is added to ds are the cache's, and stay until the
 * next call.
 */
int manifests_load(struct manifests *ms, const char *dir, struct manifest **out,
    struct diags *ds, struct err *err);
void manifests_release(struct manifests *ms);

#endif
