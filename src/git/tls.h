/* SPDX-License-Identifier: MIT */
/* tls.h -- which certificates are trusted, as git and OpenSSL are told. */
#ifndef TLS_H
#define TLS_H

#include "base/arena.h"
#include "git/lib.h"

/*
 * Load what connections to the URL may need: the system's certificates, and those that
 * GIT_SSL_CAINFO, http.sslCAInfo or SSL_CERT_FILE name (or GIT_SSL_CAPATH, http.sslCAPath,
 * SSL_CERT_DIR).  *verify: false where the user switched the check off.
 */
int tls_prepare(struct arena *a, git_repository *repo, const char *url, bool *verify,
    struct err *err);

#endif
