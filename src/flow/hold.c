/* SPDX-License-Identifier: MIT */
#include "flow/hold.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"

bool holds_add(struct holds *h, const char *dir)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return false;
	while (flock(fd, LOCK_SH) < 0)
		if (errno != EINTR)
			return true; /* a file system without locks */
	if (fstat(fd, &st) < 0 || st.st_nlink == 0)
		return false;
	GROW(h->v, h->n, h->cap);
	h->v[h->n++] = steal_fd(&fd);
	return true;
}

void holds_release(struct holds *h)
{
	for (size_t i = 0; i < h->n; i++)
		close(h->v[i]);
	free(h->v);
	*h = (struct holds){.v = NULL};
}
