/* SPDX-License-Identifier: MIT */
#include "base/shrink.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>

static int forget_code(struct dl_phdr_info *lib, size_t size, void *page)
{
	uintptr_t mask = ~(*(const uintptr_t *)page - 1);
	(void)size;
	for (int i = 0; i < lib->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &lib->dlpi_phdr[i];
		uintptr_t at = (lib->dlpi_addr + h->p_vaddr) & mask;
		if (h->p_type == PT_LOAD && (h->p_flags & (PF_X | PF_W)) == PF_X)
			madvise((void *)at, lib->dlpi_addr + h->p_vaddr + h->p_memsz - at,
			    MADV_DONTNEED);
	}
	return 0;
}

void memory_shrink(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	dl_iterate_phdr(forget_code, &page);
	malloc_trim(0);
}
