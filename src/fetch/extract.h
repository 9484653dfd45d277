/* SPDX-License-Identifier: MIT */
/*
 * extract.h -- the members of an archive as files; the only user of libarchive.
 *
 * Zip and tar; gzip, bzip2, xz, zstd.  The archive is hostile: member.h says what names and
 * links are taken, writer.h how they are made.  Devices, pipes, sockets and what is
 * encrypted are refused, set-id bits dropped, and what comes out is limited in bytes,
 * members and ratio.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "base/event.h"
#include "fetch/request.h"

/*
 * Fill the directory `dest`, which exists and is empty.  With FETCH_PEEK only manifests,
 * environment files and the directories down to rq->subdir are made.  On failure what was
 * made is left for the caller to remove.
 */
int extract(int archive_fd, const struct request *rq, const char *dest,
    struct meter *meter, struct err *err);

#endif
