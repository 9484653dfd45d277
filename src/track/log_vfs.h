/* SPDX-License-Identifier: MIT */
/*
 * log_vfs.h -- SQLite's own way to files, but that what a transaction adds to the
 * write-ahead log comes to the kernel in a few large writes, where SQLite makes two small
 * ones for each page (a header of 24 bytes, and the page behind it).
 *
 * Nothing is kept longer than the transaction: the frame that commits (its header tells the
 * size of the database then) takes all that is before it along, and SQLite shows a
 * transaction to others only when that write has returned.  What a write refuses (a full
 * disk) is therefore told before anything was committed, as without this.
 */
#ifndef LOG_VFS_H
#define LOG_VFS_H

/* The name for sqlite3_open_v2(), known to SQLite from now on; NULL: it cannot be. */
const char *log_vfs_name(void);

#endif
