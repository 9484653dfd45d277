/* SPDX-License-Identifier: MIT */
/* boot.h -- which machine this is, and since when it runs: another one after a restart. */
#ifndef BOOT_H
#define BOOT_H

enum { BOOT_ID_SIZE = 37 };

/* Its kernel's word for it, always of the same length; zeros where that cannot be read. */
void boot_id(char out[BOOT_ID_SIZE]);

#endif
