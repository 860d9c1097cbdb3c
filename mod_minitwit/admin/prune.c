/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/prune.h"

#include "admin/audit.h"
#include "store/value.h"

#include <apr_strings.h>

/* $1 is now. For messages, $2 is days, or NULL for no messages. */
#define EXPIRED "expires_at <= $1::timestamptz"
#define OVER    "pub_date < $1::timestamptz - make_interval(days => $2::int)"

/* Deletes a batch in the order of an index that has only such rows, and returns its size and its last row. The keys are
 * an array, because for a join with so many rows PostgreSQL would read the whole table. Locked rows are left to the
 * next run. */
#define DELETE(table, key, date, which, order, reverse)                                                                \
    "with gone as (delete from public." table " where " key " = any (array("                                           \
    "select " key " from public." table " where " which " order by " order " limit 5000 for update skip locked)) "     \
    "returning " date ", " key ") select count(*) over (), " date ", " key " from gone order by " reverse " limit 1"

const char *mt_prune_count(PGconn *pg, apr_pool_t *pool, mt_prune_criteria_t *criteria, mt_prune_counts_t *counts)
{
    PGresult *result;
    /* Times are read and sent back as text. In other date styles, the abbreviation of a time zone may be ambiguous. */
    const char *message =
        mt_plain_run(pg, pool, "select now(), set_config('DateStyle', 'ISO, YMD', false)", 0, NULL, &result);

    if (!message)
        criteria->now = mt_value_text(pool, result, 0, 0);
    PQclear(result);
    if (message)
        return message;
    const char *values[] = { criteria->now, criteria->days, criteria->is_flagged_only ? "t" : "f" };
    message = mt_plain_run(pg, pool,
                           "select (select count(*) from public.sessions where " EXPIRED "), "
                           "(select count(*) from public.messages where flagged and " OVER ") + "
                           "(select count(*) from public.messages where not flagged and not $3::boolean and " OVER ")",
                           3, values, &result);
    if (!message) {
        counts->sessions = mt_value_integer(result, 0, 0);
        counts->messages = mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

/* The state of a run, which has many batches. */
typedef struct run_t {
    PGconn *pg;
    apr_pool_t *pool;
    const mt_prune_criteria_t *criteria;
    mt_prune_counts_t *counts; /* committed so far */
    apr_int64_t audit_id;
    /* The last row of the previous batch. The next batch starts after it, so it does not scan deleted rows again. */
    const char *last_date, *last_id;
} run_t;

static const char *record(run_t *run, const mt_prune_counts_t *counts)
{
    const char *details =
        apr_psprintf(run->pool,
                     "{\"sessions\":%" APR_INT64_T_FMT ",\"messages\":%" APR_INT64_T_FMT
                     ",\"messages_older_than_days\":%s,\"flagged_only\":%s}",
                     counts->sessions, counts->messages, run->criteria->days ? run->criteria->days : "null",
                     run->criteria->is_flagged_only ? "true" : "false");

    return mt_audit_note(run->pg, run->pool, "prune", details, &run->audit_id);
}

#define DELETE_SESSIONS                                                                                                \
    DELETE("sessions", "token_hash", "expires_at", EXPIRED " and expires_at >= $2::timestamptz", "expires_at",         \
           "expires_at desc")

#define DELETE_FLAGGED DELETE("messages", "id", "pub_date", "flagged and " OVER " and id > $3::bigint", "id", "id desc")

#define DELETE_UNFLAGGED                                                                                               \
    DELETE("messages", "id", "pub_date",                                                                               \
           "not flagged and " OVER " and (pub_date, id) > ($4::timestamptz, $3::bigint)", "pub_date, id",              \
           "pub_date desc, id desc")

/* Adds the batch's number of rows to *deleted, notes its last row, and clears the result. */
static const char *take_batch(run_t *run, const char *message, PGresult *result, apr_int64_t *deleted)
{
    if (!message && PQntuples(result) > 0) {
        *deleted += mt_value_integer(result, 0, 0);
        run->last_date = mt_value_text(run->pool, result, 0, 1);
        run->last_id = mt_value_text(run->pool, result, 0, 2);
    }
    PQclear(result);
    return message;
}

static const char *delete_sessions(run_t *run, mt_prune_counts_t *counts)
{
    const char *values[] = { run->criteria->now, run->last_date };
    PGresult *result;
    const char *message = mt_plain_run(run->pg, run->pool, DELETE_SESSIONS, 2, values, &result);

    return take_batch(run, message, result, &counts->sessions);
}

static const char *delete_flagged(run_t *run, mt_prune_counts_t *counts)
{
    const char *values[] = { run->criteria->now, run->criteria->days, run->last_id };
    PGresult *result;
    const char *message = mt_plain_run(run->pg, run->pool, DELETE_FLAGGED, 3, values, &result);

    return take_batch(run, message, result, &counts->messages);
}

static const char *delete_unflagged(run_t *run, mt_prune_counts_t *counts)
{
    const char *values[] = { run->criteria->now, run->criteria->days, run->last_id, run->last_date };
    PGresult *result;
    const char *message = mt_plain_run(run->pg, run->pool, DELETE_UNFLAGGED, 4, values, &result);

    return take_batch(run, message, result, &counts->messages);
}

/* Runs one batch. Sets *is_over to 1 if it found no rows. */
static const char *run_batch(run_t *run, const char *(*step)(run_t *, mt_prune_counts_t *), int *is_over)
{
    mt_prune_counts_t counts = *run->counts;
    const char *message = mt_plain_begin(run->pg, run->pool);

    if (message)
        return message;
    message = step(run, &counts);
    *is_over = counts.sessions == run->counts->sessions && counts.messages == run->counts->messages;
    if (!message && !*is_over)
        message = record(run, &counts);
    message = mt_plain_end(run->pg, run->pool, message);
    if (!message)
        *run->counts = counts;
    return message;
}

static const char *run_all(run_t *run, const char *(*step)(run_t *, mt_prune_counts_t *))
{
    const char *message = NULL;

    run->last_id = "-9223372036854775808";
    run->last_date = "-infinity";
    for (int is_over = 0; !message && !is_over;)
        message = run_batch(run, step, &is_over);
    return message;
}

const char *mt_prune_delete(PGconn *pg, apr_pool_t *pool, const mt_prune_criteria_t *criteria,
                            mt_prune_counts_t *counts)
{
    run_t run = { .pg = pg, .pool = pool, .criteria = criteria, .counts = counts };
    const char *message;

    *counts = (mt_prune_counts_t){ 0 };
    message = run_all(&run, delete_sessions);
    if (!message && criteria->days)
        message = run_all(&run, delete_flagged);
    if (!message && criteria->days && !criteria->is_flagged_only)
        message = run_all(&run, delete_unflagged);
    return message;
}
