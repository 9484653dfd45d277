/* SPDX-License-Identifier: MIT */
/*
 * fault.h -- places where a test may kill a process.  They are there in a build with
 * -DMLP_FAULTS only; in any other they are nothing at all.
 *
 * MLP_FAULT=NAME[:N[:WHO]] in the environment: when this process passes NAME for the N-th
 * time (1), WHO gets KILL: "self" (the default), "parent", "children", or a number.
 * $MLP_FAULT_SAID, a file, gets a line then.
 * MLP_FAULT=list: every program prints the names of all its places, and ends.
 */
#ifndef FAULT_H
#define FAULT_H

#ifdef MLP_FAULTS

struct fault {
	const char *name;
	unsigned long passed;
} __attribute__((aligned(16)));

void fault_pass(struct fault *f);

/* The linker makes one table of them all. */
#define FAULT(what)                                                                      \
	do {                                                                             \
		static struct fault fault_here                                           \
		    __attribute__((section("mlp_faults"), used)) = {.name = (what)};     \
		fault_pass(&fault_here);                                                 \
	} while (0)

/* For a list of variables that are passed on; the others are those of tests/soak. */
#define FAULT_VARIABLES                                                                  \
	, "MLP_FAULT", "MLP_FAULT_SAID", "LD_PRELOAD", "POWER_ROOT", "POWER_LOG",        \
	    "POWER_BOOT"

#else
#define FAULT(what) ((void)0)
#define FAULT_VARIABLES
#endif

#endif
