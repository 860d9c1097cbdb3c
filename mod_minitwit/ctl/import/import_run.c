/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_run.h"

#include "admin/audit.h"
#include "ctl/import/import_follows.h"
#include "ctl/import/wrap.h"
#include "store/value.h"

#include <apr_strings.h>
#include <string.h>

/* Messages of one transaction. */
#define BATCH 20000

/* Hashes of one thread between two commits. */
#define HASHES_PER_THREAD 32

#define NOTHING_IMPORTED                                                                                               \
    "\n  Nothing was imported. Create an empty database, run \"minitwitctl migrate\" there, and import into it."

/* The functions below return NULL, or the message for the operator. */

/* Reports the rows of a result, with the id from the first column, and the name from the column name unless it is -1.
 * Clears the result. */
static void report_rows(mt_import_run_t *run, mt_import_problem_t problem, PGresult *result, int name)
{
    for (int i = 0; i < PQntuples(result); i++)
        mt_ctl_import_report_add(run->report, problem, PQgetvalue(result, i, 0),
                                 name < 0 ? NULL : PQgetvalue(result, i, name),
                                 name < 0 ? 0 : (apr_size_t)PQgetlength(result, i, name));
    PQclear(result);
}

static const char *report_merged(mt_import_run_t *run)
{
    apr_int64_t after = 0;
    PGresult *result;

    for (int count = MT_IMPORT_LIST_MAX; count == MT_IMPORT_LIST_MAX;) {
        const char *message = mt_import_list_merged(run->pg, run->pool, after, &result);

        if (message)
            return message;
        count = PQntuples(result);
        if (count)
            after = mt_value_integer(result, count - 1, 0);
        report_rows(run, MT_IMPORT_USER_MERGED, result, 1);
    }
    return NULL;
}

static const char *quote(mt_import_run_t *run, PGresult *result, int row, int column)
{
    return mt_ctl_import_report_quote(run->pool, PQgetvalue(result, row, column),
                                      (apr_size_t)PQgetlength(result, row, column));
}

static const char *refuse_conflicts(mt_import_run_t *run)
{
    PGresult *result;
    const char *list = "";
    const char *message = mt_import_list_conflicts(run->pg, run->pool, &result);

    if (message)
        return message;
    for (int i = 0; i < PQntuples(result); i++)
        list = apr_psprintf(run->pool, "%s%suser %s %s with user %s %s", list, i ? "; " : "", PQgetvalue(result, i, 0),
                            quote(run, result, i, 1), PQgetvalue(result, i, 2), quote(run, result, i, 3));
    if (PQntuples(result))
        message = apr_pstrcat(run->pool, "users of the import conflict with other users of this database: ", list,
                              NOTHING_IMPORTED, NULL);
    PQclear(result);
    return message;
}

static const char *prepare_users(mt_import_run_t *run)
{
    PGresult *result;
    const char *message = mt_ctl_import_batch_copy_all(run, MT_IMPORT_USERS, "users");

    if (!message)
        message = mt_import_drop_repeated(run->pg, run->pool, &result);
    if (message)
        return message;
    report_rows(run, MT_IMPORT_USER_REPEATED, result, 1);
    message = mt_import_merge_users(run->pg, run->pool);
    if (!message)
        message = report_merged(run);
    return message ? message : refuse_conflicts(run);
}

typedef const char *(*compare_fn)(PGconn *pg, apr_pool_t *pool);

static const char *compare_batch(mt_import_run_t *run, compare_fn compare, int *has_rows)
{
    apr_int64_t copied;
    const char *message = mt_plain_begin(run->pg, run->pool);

    if (message)
        return message;
    message = mt_ctl_import_batch_copy(run, MT_IMPORT_MESSAGES, BATCH, has_rows, &copied);
    return mt_plain_end(run->pg, run->pool, message ? message : compare(run->pg, run->pool));
}

static const char *compare_messages(mt_import_run_t *run, compare_fn compare)
{
    int has_rows = 1;
    const char *message = mt_ctl_import_batch_begin_table(run, MT_IMPORT_MESSAGES, "comparing messages");

    run->report->is_muted = 1;
    while (!message && has_rows)
        message = compare_batch(run, compare, &has_rows);
    run->report->is_muted = 0;
    mt_ctl_progress_end(&run->progress);
    return message;
}

/* Before the import writes anything, checks that its messages do not conflict with those of the site. */
static const char *check_messages(mt_import_run_t *run)
{
    apr_int64_t taken = 0;
    int has_messages;
    const char *message = mt_import_has_messages(run->pg, run->pool, &has_messages);

    if (message || !has_messages)
        return message;
    message = compare_messages(run, mt_import_note_taken);
    if (!message)
        message = mt_import_find_taken(run->pg, run->pool, &taken);
    /* Several messages of the source may have the same id, and an earlier, interrupted import may have added one. */
    if (!message && taken > 0)
        message = compare_messages(run, mt_import_forget_taken);
    if (!message && taken > 0)
        message = mt_import_find_taken(run->pg, run->pool, &taken);
    if (message || taken == 0)
        return message;
    return apr_psprintf(run->pool,
                        "messages of the import conflict with other messages of this database, for example id "
                        "%" APR_INT64_T_FMT NOTHING_IMPORTED,
                        taken);
}

/* Wraps the digests of the next users after *after, and adds these users. Sets *count to their number. */
static const char *wrap_batch(mt_import_run_t *run, apr_int64_t *after, int *count)
{
    const char *ids = "{", *texts = "{";
    const char **digests, **hashes;
    apr_int64_t added = 0;
    PGresult *result;
    const char *message =
        mt_import_list_digests(run->pg, run->pool, *after, mt_ctl_wrap_threads() * HASHES_PER_THREAD, &result);

    *count = message ? 0 : PQntuples(result);
    if (message || *count == 0) {
        PQclear(result);
        return message;
    }
    *after = mt_value_integer(result, *count - 1, 0);
    digests = apr_pcalloc(run->scratch, (apr_size_t)*count * sizeof(*digests));
    hashes = apr_pcalloc(run->scratch, (apr_size_t)*count * sizeof(*hashes));
    for (int i = 0; i < *count; i++) {
        digests[i] = PQgetvalue(result, i, 1);
        ids = apr_pstrcat(run->scratch, ids, i ? "," : "", PQgetvalue(result, i, 0), NULL);
    }
    message = mt_ctl_wrap_digests(run->scratch, *count, digests, hashes);
    for (int i = 0; !message && i < *count; i++)
        texts = apr_pstrcat(run->scratch, texts, i ? ",\"" : "\"", hashes[i], "\"", NULL);
    PQclear(result);
    if (!message)
        message = mt_plain_begin(run->pg, run->pool);
    if (message)
        return message;
    message = mt_import_add_wrapped(run->pg, run->pool, apr_pstrcat(run->scratch, ids, "}", NULL),
                                    apr_pstrcat(run->scratch, texts, "}", NULL), &added);
    return mt_ctl_import_batch_end(run, MT_IMPORT_USERS, added, message);
}

static const char *wrap_all(mt_import_run_t *run, apr_int64_t digests)
{
    apr_int64_t after = 0;
    const char *message = NULL;

    mt_ctl_progress_begin(&run->progress, "wrapping passwords", digests);
    for (int count = 1; !message && count > 0;) {
        message = wrap_batch(run, &after, &count);
        mt_ctl_progress_set(&run->progress, run->progress.done + count);
        apr_pool_clear(run->scratch);
    }
    mt_ctl_progress_end(&run->progress);
    return message;
}

static const char *refuse_missing(mt_import_run_t *run)
{
    PGresult *result;
    const char *message = mt_import_list_missing(run->pg, run->pool, &result);

    if (message)
        return message;
    if (PQntuples(result) > 0)
        message =
            apr_psprintf(run->pool,
                         "new users have taken names or ids of the import: for example, user %s %s was not added\n"
                         "  Import into an empty database, and start the site after the import.",
                         PQgetvalue(result, 0, 0), quote(run, result, 0, 1));
    PQclear(result);
    return message;
}

static const char *add_users(mt_import_run_t *run)
{
    apr_int64_t users, digests;
    const char *message = mt_import_count_users(run->pg, run->pool, &users, &digests);

    if (!message)
        message = mt_ctl_import_batch_add_parts(run, MT_IMPORT_USERS, mt_import_add_users);
    if (message)
        return message;
    message = wrap_all(run, digests);
    run->totals->present[MT_IMPORT_USERS] = users - run->totals->added[MT_IMPORT_USERS];
    return message ? message : refuse_missing(run);
}

/* Dates the messages that an earlier import could not date. */
static const char *repair_dates(mt_import_run_t *run)
{
    PGresult *result;
    const char *message = mt_import_repair_dates(run->pg, run->pool, &result);

    if (message)
        return message;
    run->totals->repaired += PQntuples(result);
    report_rows(run, MT_IMPORT_DATE_REPAIRED, result, -1);
    return NULL;
}

/* Runs in a transaction. */
static const char *fill_batch(mt_import_run_t *run, int *has_rows, apr_int64_t *added, apr_int64_t *present)
{
    apr_int64_t copied;
    int orphans, taken;
    PGresult *result;
    const char *message = mt_ctl_import_batch_copy(run, MT_IMPORT_MESSAGES, BATCH, has_rows, &copied);

    if (!message)
        message = mt_import_list_orphans(run->pg, run->pool, &result);
    if (message)
        return message;
    orphans = PQntuples(result);
    report_rows(run, MT_IMPORT_MESSAGE_ORPHANED, result, -1);
    if (run->is_dry)
        return NULL;
    message = mt_import_add_messages(run->pg, run->pool, added);
    /* After the insert, because another message of the same source may have the id, too. */
    if (!message)
        message = mt_import_list_taken(run->pg, run->pool, &result);
    if (message)
        return message;
    taken = PQntuples(result);
    report_rows(run, MT_IMPORT_MESSAGE_TAKEN, result, -1);
    *present = copied - orphans - taken - *added;
    return *present > 0 ? repair_dates(run) : NULL;
}

static const char *add_batch(mt_import_run_t *run, int *has_rows)
{
    apr_int64_t added = 0, present = 0, repaired = run->totals->repaired;
    const char *message = mt_plain_begin(run->pg, run->pool);

    if (message)
        return message;
    message = fill_batch(run, has_rows, &added, &present);
    if (!message && run->totals->repaired > repaired && added == 0)
        message = mt_ctl_import_batch_note(run, 0);
    message = mt_ctl_import_batch_end(run, MT_IMPORT_MESSAGES, added, message);
    if (!message) {
        run->totals->present[MT_IMPORT_MESSAGES] += present;
        mt_ctl_progress_set(&run->progress, run->rows);
    }
    return message;
}

static const char *add_messages(mt_import_run_t *run)
{
    int has_rows = 1;
    const char *message = mt_ctl_import_batch_begin_table(run, MT_IMPORT_MESSAGES, "messages");

    while (!message && has_rows)
        message = add_batch(run, &has_rows);
    mt_ctl_progress_end(&run->progress);
    run->totals->read[MT_IMPORT_MESSAGES] = run->rows;
    return message;
}

static const char *add_all(mt_import_run_t *run)
{
    const mt_import_source_t *source = run->source;
    const char *message = NULL;

    if (!run->is_dry)
        message = mt_import_reserve(run->pg, run->pool, source->ids_max[MT_IMPORT_USERS],
                                    source->ids_max[MT_IMPORT_MESSAGES]);
    if (!message && !run->is_dry)
        message = add_users(run);
    if (!message)
        message = add_messages(run);
    if (!message)
        message = mt_ctl_import_follows_add(run);
    if (!message && run->audit_id)
        message = mt_ctl_import_batch_note(run, 1);
    return message || run->is_dry ? message : mt_import_finish(run->pg, run->pool);
}

const char *mt_ctl_import_run_all(const mt_import_request_t *request, PGconn *pg, mt_import_report_t *report,
                                  mt_import_totals_t *totals)
{
    apr_pool_t *pool = report->pool;
    mt_import_run_t run = { .pool = pool,
                            .pg = pg,
                            .source = request->source,
                            .dates = request->dates,
                            .is_dry = request->is_dry,
                            .report = report,
                            .totals = totals };
    const char *message = mt_import_begin(pg, pool);

    apr_pool_create(&run.scratch, pool);
    mt_buffer_init(&run.lines, pool, 2 * MT_IMPORT_BATCH_LINES);
    if (!message)
        message = prepare_users(&run);
    if (!message)
        message = check_messages(&run);
    return message ? message : add_all(&run);
}
