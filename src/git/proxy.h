/* SPDX-License-Identifier: MIT */
/* proxy.h -- the proxy for a URL, as git and curl choose it. */
#ifndef PROXY_H
#define PROXY_H

#include "git/address.h"
#include "git/lib.h"

/*
 * From http.<url>.proxy, http.proxy, {http,https,all}_proxy; NULL: none, also because
 * no_proxy names the host.  With user and password where they are in it.
 */
const char *proxy_find(struct arena *a, git_repository *repo, const struct address *to);

#endif
