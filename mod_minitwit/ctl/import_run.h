/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_RUN_H
#define MT_IMPORT_RUN_H

#include "core/buffer.h"
#include "ctl/import_report.h"
#include "ctl/import_source.h"
#include "ctl/progress.h"

/* What was read, was added, and was here before. */
typedef struct mt_import_totals_t {
    apr_int64_t read[MT_IMPORT_TABLES], added[MT_IMPORT_TABLES], present[MT_IMPORT_TABLES];
} mt_import_totals_t;

/* Imports all of a source. Returns NULL, or the message for the operator. What was committed until then stays, and another run goes
 * on from there; the audit tells how far it came. Nothing is written when somebody else has an id or a name of the source. */
const char *mt_import_run_all(apr_pool_t *pool, PGconn *pg, mt_import_source_t *source, mt_import_report_t *report,
                              mt_import_totals_t *totals);

/* ---- for the parts of a run ---- */

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

/* Each returns NULL, or the message for the operator. Copies all rows of a table; what: it is called on a terminal. */
const char *mt_import_run_copy_all(mt_import_run_t *run, mt_import_table_t table, const char *what);

/* Adds what was copied, part by part, each in a transaction with its place in the audit. add: see mt_import_add_users. */
typedef const char *(*mt_import_add_fn)(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);
const char *mt_import_run_add_parts(mt_import_run_t *run, mt_import_table_t table, mt_import_add_fn add);

#endif
