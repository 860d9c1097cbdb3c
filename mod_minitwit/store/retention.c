/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/retention.h"

#include "store/audit.h"
#include "store/value.h"

#include <apr_strings.h>

/* $1: now; of messages also $2: days, NULL for none, and $3: whether they have to be flagged. */
#define EXPIRED "expires_at <= $1::timestamptz"
#define OVER    "pub_date < $1::timestamptz - make_interval(days => $2::int) and (flagged or not $3::boolean)"

/* Rows a transaction. */
#define BATCH "5000"

const char *mt_retention_count(PGconn *pg, apr_pool_t *pool, mt_retention_t *retention, mt_retention_counts_t *counts)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool, "select now()", 0, NULL, &result);

    if (!message)
        retention->now = mt_value_text(pool, result, 0, 0);
    PQclear(result);
    if (message)
        return message;
    const char *values[] = { retention->now, retention->days, retention->is_flagged_only ? "t" : "f" };
    message = mt_plain_run(pg, pool,
                           "select (select count(*) from public.sessions where " EXPIRED "), "
                           "(select count(*) from public.messages where " OVER ")",
                           3, values, &result);
    if (!message) {
        counts->sessions = mt_value_integer(result, 0, 0);
        counts->messages = mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

/* One run, from batch to batch. */
typedef struct run_t {
    PGconn *pg;
    apr_pool_t *pool;
    const mt_retention_t *retention;
    mt_retention_counts_t *counts; /* of what is committed */
    apr_int64_t audit_id;
    apr_int64_t last_id; /* messages up to this one have been looked at */
} run_t;

static const char *record(run_t *run, const mt_retention_counts_t *counts)
{
    const char *details =
        apr_psprintf(run->pool,
                     "{\"sessions\":%" APR_INT64_T_FMT ",\"messages\":%" APR_INT64_T_FMT
                     ",\"messages_older_than_days\":%s,\"flagged_only\":%s}",
                     counts->sessions, counts->messages, run->retention->days ? run->retention->days : "null",
                     run->retention->is_flagged_only ? "true" : "false");

    return mt_audit_note(run->pg, run->pool, "prune", details, &run->audit_id);
}

static const char *delete_sessions(run_t *run, mt_retention_counts_t *counts)
{
    PGresult *result;
    const char *message =
        mt_plain_run(run->pg, run->pool,
                     "delete from public.sessions where token_hash in (select token_hash from public.sessions "
                     "where " EXPIRED " order by expires_at limit " BATCH " for update skip locked)",
                     1, &run->retention->now, &result);

    if (!message)
        counts->sessions += mt_value_affected(result);
    PQclear(result);
    return message;
}

/* In the order of ids, so that the table is read once and not again for each batch. */
static const char *delete_messages(run_t *run, mt_retention_counts_t *counts)
{
    char last[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { run->retention->now, run->retention->days, run->retention->is_flagged_only ? "t" : "f",
                             mt_value_format_integer(last, run->last_id) };
    PGresult *result;
    const char *message = mt_plain_run(run->pg, run->pool,
                                       "with gone as (delete from public.messages where id in (select id "
                                       "from public.messages where id > $4::bigint and " OVER " "
                                       "order by id limit " BATCH " for update) returning id) "
                                       "select count(*), coalesce(max(id), 0) from gone",
                                       4, values, &result);

    if (!message) {
        counts->messages += mt_value_integer(result, 0, 0);
        run->last_id = mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

/* Runs one batch. *is_over: it found nothing. */
static const char *run_batch(run_t *run, const char *(*step)(run_t *, mt_retention_counts_t *), int *is_over)
{
    mt_retention_counts_t counts = *run->counts;
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

static const char *run_all(run_t *run, const char *(*step)(run_t *, mt_retention_counts_t *))
{
    const char *message = NULL;

    for (int is_over = 0; !message && !is_over;)
        message = run_batch(run, step, &is_over);
    return message;
}

const char *mt_retention_delete(PGconn *pg, apr_pool_t *pool, const mt_retention_t *retention,
                                mt_retention_counts_t *counts)
{
    run_t run = { .pg = pg, .pool = pool, .retention = retention, .counts = counts };
    const char *message;

    *counts = (mt_retention_counts_t){ 0 };
    message = run_all(&run, delete_sessions);
    if (!message && retention->days)
        message = run_all(&run, delete_messages);
    return message;
}
