/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h -- variables that clean up after themselves when they leave scope.
 * Initialise at declaration; hand over with steal_fd() or steal_ptr().
 */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <dirent.h>
#include <errno.h>

static inline void cleanup_free_(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fd_(int *fd)
{
	int saved = errno;
	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_file_(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_dir_(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define auto_free __attribute__((cleanup(cleanup_free_)))
#define auto_fd __attribute__((cleanup(cleanup_fd_))) int
#define auto_file __attribute__((cleanup(cleanup_file_))) FILE *
#define auto_dir __attribute__((cleanup(cleanup_dir_))) DIR *

/* Close *fd if it is open and mark it closed. */
static inline void fd_close(int *fd)
{
	cleanup_fd_(fd);
	*fd = -1;
}

static inline int steal_fd(int *fd)
{
	int v = *fd;
	*fd = -1;
	return v;
}

#define steal_ptr(pp)                                                                    \
	__extension__({                                                                  \
		__typeof__(*(pp)) stolen_ = *(pp);                                       \
		*(pp) = NULL;                                                            \
		stolen_;                                                                 \
	})

#endif
