/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_batch.h"

#include "admin/audit.h"
#include "ctl/import/import_rows.h"

#include <apr_strings.h>

const char *mt_ctl_import_batch_copy(mt_import_run_t *run, mt_import_table_t table, apr_int64_t max, int *has_rows,
                                     apr_int64_t *copied)
{
    /* A source may have fewer cells in a row. */
    mt_import_cell_t cells[MT_IMPORT_CELLS] = { { .kind = MT_IMPORT_NULL } };
    const char *message = mt_import_copy_begin(run->pg, run->pool, table);

    *copied = 0;
    if (message)
        return message;
    run->lines.len = 0;
    for (apr_int64_t i = 0; !message && i < max; i++) {
        message = run->source->next(run->source->self, cells, has_rows);
        if (message || !*has_rows)
            break;
        *copied += mt_ctl_import_rows_append(&run->lines, run->report, run->dates, table, cells, ++run->rows);
        if (run->lines.len < MT_IMPORT_BATCH_LINES)
            continue;
        message = mt_import_copy_data(run->pg, run->pool, run->lines.data, run->lines.len);
        run->lines.len = 0;
        mt_ctl_progress_set(&run->progress, run->rows);
    }
    if (!message)
        message = mt_import_copy_data(run->pg, run->pool, run->lines.data, run->lines.len);
    return mt_import_copy_end(run->pg, run->pool, message);
}

const char *mt_ctl_import_batch_begin_table(mt_import_run_t *run, mt_import_table_t table, const char *label)
{
    run->rows = 0;
    mt_ctl_progress_begin(&run->progress, label, run->source->counts[table]);
    return run->source->begin(run->source->self, table);
}

const char *mt_ctl_import_batch_copy_all(mt_import_run_t *run, mt_import_table_t table, const char *label)
{
    apr_int64_t copied;
    int has_rows = 1;
    const char *message = mt_ctl_import_batch_begin_table(run, table, label);

    if (!message)
        message = mt_ctl_import_batch_copy(run, table, APR_INT64_MAX, &has_rows, &copied);
    mt_ctl_progress_end(&run->progress);
    run->totals->read[table] = run->rows;
    return message;
}

/* Uses a pool of its own, because an import has many batches. */
const char *mt_ctl_import_batch_note(mt_import_run_t *run, int is_finished)
{
    const apr_int64_t *added = run->totals->added;
    const char *details, *message;
    apr_pool_t *pool;

    apr_pool_create(&pool, run->pool);
    details = apr_psprintf(
        pool,
        "{\"users\":%" APR_INT64_T_FMT ",\"messages\":%" APR_INT64_T_FMT ",\"follows\":%" APR_INT64_T_FMT
        "%s,\"finished\":%s}",
        added[MT_IMPORT_USERS], added[MT_IMPORT_MESSAGES], added[MT_IMPORT_FOLLOWS],
        run->totals->repaired ? apr_psprintf(pool, ",\"dates\":%" APR_INT64_T_FMT, run->totals->repaired) : "",
        is_finished ? "true" : "false");
    message = apr_pstrdup(run->pool, mt_audit_note(run->pg, pool, "import", details, &run->audit_id));
    apr_pool_destroy(pool);
    return message;
}

/* The audit row is in the same transaction, so the audit log is right even if this program is killed later. */
const char *mt_ctl_import_batch_end(mt_import_run_t *run, mt_import_table_t table, apr_int64_t added,
                                    const char *message)
{
    if (!message && added > 0) {
        run->totals->added[table] += added;
        message = mt_ctl_import_batch_note(run, 0);
    }
    return mt_plain_end(run->pg, run->pool, message);
}

const char *mt_ctl_import_batch_add_parts(mt_import_run_t *run, mt_import_table_t table, mt_import_add_fn add)
{
    apr_int64_t after = 0, added = 0;
    const char *message;

    do {
        message = mt_plain_begin(run->pg, run->pool);
        if (message)
            return message;
        message = add(run->pg, run->pool, &after, &added);
        message = mt_ctl_import_batch_end(run, table, added, message);
    } while (!message && after > 0);
    return message;
}
