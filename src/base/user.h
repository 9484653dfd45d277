/* SPDX-License-Identifier: MIT */
/* user.h -- who calls us. */
#ifndef USER_H
#define USER_H

#include "base/arena.h"

/* As MLflow: LOGNAME, USER, LNAME, USERNAME, else the password entry's, else "unknown". */
const char *user_name(struct arena *a);

#endif
