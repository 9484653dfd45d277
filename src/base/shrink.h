/* SPDX-License-Identifier: MIT */
/* shrink.h -- for a process that has little to do from now on, and may last for weeks. */
#ifndef SHRINK_H
#define SHRINK_H

/*
 * Give back what was wanted for the beginning alone: free memory, and code, which is read
 * again from its file where it is executed again.
 */
void memory_shrink(void);

#endif
