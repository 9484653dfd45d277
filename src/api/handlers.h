/* SPDX-License-Identifier: MIT */
/*
 * handlers.h -- what the table of routes names: the handlers and their messages, by the
 * file that has them.
 */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "api/error.h"
#include "api/route.h"

/* probes.c */
extern const struct message server_info_message;
route_handler answer_health, answer_version, answer_server_info;

#endif
