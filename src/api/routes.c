/* SPDX-License-Identifier: MIT */
/* routes.c -- everything that can be asked. */
#include "api/handlers.h"

const struct route routes[] = {
    {API_GET, "health", ROOT_TOP, ROUTE_TEXT, NULL, NULL, answer_health},
    {API_GET, "version", ROOT_TOP, ROUTE_TEXT, NULL, NULL, answer_version},
    {API_GET, "server-info", ROOT_API3, 0, NULL, &server_info_message,
	answer_server_info},
    {0},
};
