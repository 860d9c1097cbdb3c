/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_BATCH_H
#define MT_IMPORT_BATCH_H

#include "core/buffer.h"
#include "ctl/import/import_report.h"
#include "ctl/import/import_source.h"
#include "ctl/progress.h"

/* The steps of an import: rows are copied into temporary tables, and added from there batch by batch. Each batch is a
 * transaction of its own, which also writes down in the audit how much was added. */

#define MT_IMPORT_BATCH_LINES 65536 /* bytes that are sent at once */

/* What was read, was added, and was here before. */
typedef struct mt_import_totals_t {
    apr_int64_t read[MT_IMPORT_TABLES], added[MT_IMPORT_TABLES], present[MT_IMPORT_TABLES];
} mt_import_totals_t;

typedef struct mt_import_run_t {
    apr_pool_t *pool, *scratch; /* the latter is cleared from time to time */
    PGconn *pg;
    mt_import_source_t *source;
    mt_import_report_t *report;
    mt_import_totals_t *totals;
    mt_buffer_t lines;
    mt_progress_t progress;
    apr_int64_t rows; /* of the table, so far */
    apr_int64_t audit_id;
} mt_import_run_t;

/* Each of these returns NULL, or the message for the operator. */

/* Begins to read a table. what: the table's name on a terminal. */
const char *mt_ctl_import_batch_begin_table(mt_import_run_t *run, mt_import_table_t table, const char *what);

/* Copies up to max rows of the table that was begun. *has_rows: 0 after the last. *copied: how many were valid. */
const char *mt_ctl_import_batch_copy(mt_import_run_t *run, mt_import_table_t table, apr_int64_t max, int *has_rows,
                                     apr_int64_t *copied);

/* Begins a table and copies all of its rows. */
const char *mt_ctl_import_batch_copy_all(mt_import_run_t *run, mt_import_table_t table, const char *what);

/* Adds the copied rows, part by part, each in a transaction of its own. add: see mt_import_add_users. */
typedef const char *(*mt_import_add_fn)(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);
const char *mt_ctl_import_batch_add_parts(mt_import_run_t *run, mt_import_table_t table, mt_import_add_fn add);

/* Ends a transaction that has added so many rows to a table: notes them in the audit and commits, or rolls back if
 * there is a message. */
const char *mt_ctl_import_batch_end(mt_import_run_t *run, mt_import_table_t table, apr_int64_t added,
                                    const char *message);

/* Writes the numbers of rows that were added until now into the audit. */
const char *mt_ctl_import_batch_note(mt_import_run_t *run, int is_finished);

#endif
