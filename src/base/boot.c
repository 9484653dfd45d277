/* SPDX-License-Identifier: MIT */
#include "base/boot.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

void boot_id(char out[BOOT_ID_SIZE])
{
	auto_fd fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	memset(out, '0', BOOT_ID_SIZE - 1);
	out[BOOT_ID_SIZE - 1] = '\0';
	if (fd >= 0)
		(void)!read(fd, out, BOOT_ID_SIZE - 1);
}
