/* SPDX-License-Identifier: MIT */
/* control_next.c -- from an attempt that has failed to the one that follows it. */
#include "flow/control.h"

bool control_next(const struct ctx *ctx, struct arena *a, struct control_run *r)
{
	struct control_run next;
	struct err none = ERR_INIT; /* we were asked to stop in between: it never came */
	if (!r->card.next_id || !card_has_ended(&r->card) ||
	    control_find(ctx, a, NULL, r->card.next_id, &next, &none) < 0)
		return false;
	*r = next;
	return true;
}
