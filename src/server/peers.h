/* SPDX-License-Identifier: MIT */
/*
 * peers.h -- the addresses from which an endpoint may be asked: of the container that the
 * run's command is in.  They are not known before it has started, so a tool is asked for
 * them when the first request comes.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stdint.h>

#include "base/err.h"

struct peers;

enum peer_answer {
	PEER_YES,
	PEER_NO,
	PEER_UNKNOWN, /* the tool has to be asked */
};

/* `ask` (borrowed): an argv that prints addresses, separated by white space. */
struct peers *peers_new(char *const *ask);
/* NULL is fine. */
void peers_free(struct peers *p);

/*
 * `address` as text.  At once.  One that is not among those that were told is UNKNOWN
 * again after a while: a container may join another network.
 */
enum peer_answer peers_check(struct peers *p, const char *address, int64_t now_ms);
/*
 * After UNKNOWN: ask the tool, which takes as long as it takes; others who ask meanwhile
 * wait for the same answer.  YES or NO; where the tool fails, NO, and *err is set.
 */
enum peer_answer peers_ask(
    struct peers *p, const char *address, int64_t now_ms, struct err *err);

#endif
