/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_BATCH_H
#define MT_IMPORT_BATCH_H

#include "core/buffer.h"
#include "ctl/import/import_dates.h"
#include "ctl/import/import_report.h"
#include "ctl/progress.h"

/* The steps of an import: it copies rows into temporary tables (admin/import.h), and from there adds them to the site's
 * tables in batches. Each batch is one transaction, which also updates the import's row in the audit log. */

#define MT_IMPORT_BATCH_LINES 65536 /* bytes of one write */

/* The numbers of rows read, added and already present. */
typedef struct mt_import_totals_t {
    apr_int64_t read[MT_IMPORT_TABLES], added[MT_IMPORT_TABLES], present[MT_IMPORT_TABLES];
    apr_int64_t repaired; /* messages that an earlier import had dated 1970-01-01 */
} mt_import_totals_t;

typedef struct mt_import_run_t {
    apr_pool_t *pool, *scratch; /* scratch is cleared after each list or batch */
    PGconn *pg;
    mt_import_source_t *source;
    const mt_import_dates_t *dates;
    int is_dry; /* 1: read and report everything, and add nothing */
    mt_import_report_t *report;
    mt_import_totals_t *totals;
    mt_buffer_t lines;
    mt_progress_t progress;
    apr_int64_t rows; /* read from the current table so far */
    apr_int64_t audit_id;
} mt_import_run_t;

/* Each function returns NULL, or the message for the operator. */

/* Begins to read a table. The progress on a terminal shows the label. */
const char *mt_ctl_import_batch_begin_table(mt_import_run_t *run, mt_import_table_t table, const char *label);

/* Copies up to max rows of this table. Sets *has_rows to 0 after the last row, and *copied to the number of valid rows.
 */
const char *mt_ctl_import_batch_copy(mt_import_run_t *run, mt_import_table_t table, apr_int64_t max, int *has_rows,
                                     apr_int64_t *copied);

/* Begins a table and copies all of its rows. */
const char *mt_ctl_import_batch_copy_all(mt_import_run_t *run, mt_import_table_t table, const char *label);

/* Adds the copied rows in parts, one transaction each. add is mt_import_add_users or a similar function. */
typedef const char *(*mt_import_add_fn)(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);
const char *mt_ctl_import_batch_add_parts(mt_import_run_t *run, mt_import_table_t table, mt_import_add_fn add);

/* Ends a transaction that has added this number of rows to a table: updates the audit log and commits, or rolls back if
 * there is a message. */
const char *mt_ctl_import_batch_end(mt_import_run_t *run, mt_import_table_t table, apr_int64_t added,
                                    const char *message);

/* Writes the numbers of rows added so far to the audit log. */
const char *mt_ctl_import_batch_note(mt_import_run_t *run, int is_finished);

#endif
