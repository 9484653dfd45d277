/* SPDX-License-Identifier: MIT */
/* psjson.h -- runs of this machine as JSON: what `mlp runs --json` has, and the card's. */
#ifndef PSJSON_H
#define PSJSON_H

#include "cli/cli.h"
#include "flow/control.h"

/*
 * An array; each item has the members of run_to_json (runjson.h), from the store where it
 * is recorded, else what the card knows; and {state, pid, cpu_time_ms, memory_bytes,
 * host}.  pid is the supervisor's, null when none lives.
 */
cJSON *ps_to_json(struct cli *cli, const struct control_run *v, size_t n);

#endif
