/* SPDX-License-Identifier: MIT */
/*
 * schema.h -- the tables of a tracking database as MLflow 3.0 has them, and the question
 * whether a database that somebody else made can be used.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "track/db.h"

/* The revision that a database of ours bears: MLflow 3.0, the first with logged models.
 */
#define SCHEMA_REVISION "bda7b8c39065"

/*
 * All tables and indexes, for an empty database, as one script; without the rows.
 *
 * The text is kept in the shape that MLflow's migrations understand: they read the
 * constraints back from it.  What is unnamed here must stay unnamed.
 */
extern const char schema_ddl[];

/*
 * Inside a transaction: make everything, with the revision and the experiment Default, if
 * the database is (still) empty; else see whether it can be used, as schema_check does.
 */
int schema_create(struct db *db, struct err *err);

/*
 * Can we read and write it?  Sets db->fresh when it has no tables at all.  Refuses what
 * is not MLflow's, what lacks a table or column that we use (MLflow before 2.8), and what
 * has a column that must have a value and that we do not know (a later MLflow).
 */
int schema_check(struct db *db, struct err *err);

/* After a statement failed: -1 and the reason when the shape of the tables is it, else 0.
 */
int schema_explain(struct db *db, struct err *err);

#endif
