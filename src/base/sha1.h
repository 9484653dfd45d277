/* SPDX-License-Identifier: MIT */
/*
 * sha1.h -- names as git makes them.  For finding what git's library has put somewhere, not
 * for proving anything: SHA-1 does not.
 */
#ifndef SHA1_H
#define SHA1_H

#include <stddef.h>

enum { SHA1_HEX = 40 };

/* The id of a blob with this content, as `git hash-object` prints it. */
void sha1_of_blob(const void *data, size_t n, char hex[SHA1_HEX + 1]);

/* Of the bytes alone, as sha1sum prints it. */
void sha1_of(const void *data, size_t n, char hex[SHA1_HEX + 1]);

#endif
