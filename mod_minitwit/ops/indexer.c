/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/indexer.h"

#include "core/timestamp.h"
#include "http/counters.h"
#include "http/dbd.h"
#include "store/indexer.h"
#include "store/schema.h"

#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>
#include <string.h>

APLOG_USE_MODULE(minitwit);

#define INTERVAL apr_time_from_sec(2)
#define WORK_MAX apr_time_from_sec(1)  /* in each interval, so that requests get the rest of the time */
#define TIMEOUT  apr_time_from_sec(10) /* of each statement */

/* Limits of mt_indexer_step. The greatest number fills the index fastest. A smaller one succeeds on a slow server. */
#define BATCH_MAX 2000
#define BATCH_MIN 10

typedef struct indexer_t {
    server_rec *server;
    const mt_config_t *config;
    PGconn *pg; /* NULL: none yet */
    apr_int64_t batch;
    int is_failing; /* 1: the last run failed, and the failure is logged */
} indexer_t;

static void note_ran(void *baton, mt_statement_id_t id, apr_interval_time_t duration)
{
    (void)baton;
    mt_counters_observe(MT_METRIC_DB_QUERY_DURATION, (int)id, duration);
}

static const mt_observer_t observer = { .ran = note_ran };

/* 1 if a later attempt succeeds without an operator. The index has a foreign key to messages. If an operator deletes
 * messages of the batch meanwhile, the batch waits for the deletion, and fails when that is committed. If the deletion
 * takes longer than the time limit, or if the batch is too large for a slow server, a smaller batch may succeed. */
static int is_passing(const mt_store_error_t *error, apr_int64_t batch)
{
    int is_timeout = error->is_late || strcmp(error->sqlstate, "57014") == 0;
    int is_conflict = strcmp(error->sqlstate, "23503") == 0 || strcmp(error->sqlstate, "40P01") == 0;

    return is_conflict || (is_timeout && batch > BATCH_MIN);
}

/* Returns 0 if a statement failed. A schema that does not fit is not an error here, because the first request that uses
 * it logs this. */
static int work(indexer_t *indexer, mt_connection_t *connection)
{
    apr_int64_t until = mt_timestamp_monotonic() + WORK_MAX;
    mt_indexer_step_t step = { .is_behind = 1 };
    mt_schema_t schema;

    if (mt_connection_check(connection) != APR_SUCCESS || mt_schema_load(connection, &schema) != APR_SUCCESS)
        return 0;
    if (mt_schema_fit(&schema) != MT_SCHEMA_FITS)
        return 1;
    while (step.is_behind && mt_timestamp_monotonic() < until) {
        if (mt_indexer_step(connection, indexer->batch, &step) != APR_SUCCESS) {
            int is_done = is_passing(mt_connection_error(connection), indexer->batch);
            indexer->batch = indexer->batch / 4 > BATCH_MIN ? indexer->batch / 4 : BATCH_MIN;
            return is_done;
        }
        indexer->batch = indexer->batch * 2 < BATCH_MAX ? indexer->batch * 2 : BATCH_MAX;
    }
    return 1;
}

/* When the pending entries are merged, the messages are in the index already. */
static const char *describe_effect(const mt_store_error_t *error)
{
    if (strcmp(error->statement, mt_statement_label(MT_STATEMENT_SEARCH_SETTLE)) == 0)
        return "The search finds new messages, but reads their entries one by one, and becomes slower until a later "
               "attempt succeeds.";
    return "The search does not find new messages until a later attempt succeeds.";
}

/* Logs only the first of several failures in a row. */
static void run(indexer_t *indexer, apr_pool_t *pool)
{
    mt_connection_t *connection = mt_connection_wrap(pool, indexer->pg, indexer->config->dbd_params, TIMEOUT);

    mt_connection_observe(connection, &observer, NULL);
    int is_done = work(indexer, connection);
    if (!is_done && !indexer->is_failing) {
        const mt_store_error_t *error = mt_connection_error(connection);
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, indexer->server,
                     "database: %s for the index of the search failed: %s. %s %s", error->statement, error->text,
                     describe_effect(error), mt_failure_advise(error));
    }
    indexer->is_failing = !is_done;
    indexer->pg = mt_connection_take(connection);
    if (!is_done) {
        PQfinish(indexer->pg);
        indexer->pg = NULL;
    }
}

static apr_status_t on_watchdog(int state, void *data, apr_pool_t *pool)
{
    indexer_t *indexer = data;

    if (state == AP_WATCHDOG_STATE_STARTING || state == AP_WATCHDOG_STATE_RUNNING)
        run(indexer, pool);
    else {
        PQfinish(indexer->pg);
        indexer->pg = NULL;
    }
    /* After any other result, mod_watchdog would not call this again. */
    return APR_SUCCESS;
}

static int needs_indexer(const server_rec *server)
{
    const mt_config_t *config = mt_config_get(server);

    return config->site_mounted && config->search;
}

int mt_ops_indexer_fills(const server_rec *first, const mt_config_t *config)
{
    for (const server_rec *server = first; server; server = server->next) {
        if (needs_indexer(server) && mt_dbd_is_same(mt_config_get(server), config))
            return 1;
    }
    return 0;
}

/* 1 if a host before this one in the list has the same database. */
static int is_covered(const server_rec *first, const server_rec *host)
{
    for (const server_rec *server = first; server != host; server = server->next) {
        if (needs_indexer(server) && mt_dbd_is_same(mt_config_get(server), mt_config_get(host)))
            return 1;
    }
    return 0;
}

apr_status_t mt_ops_indexer_post_config(apr_pool_t *pconf, server_rec *first)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog = NULL;
    apr_status_t rv = APR_SUCCESS;

    for (server_rec *server = first; rv == APR_SUCCESS && server; server = server->next) {
        if (!needs_indexer(server) || is_covered(first, server))
            continue;
        if (!get_instance || !add_callback) {
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, 0, server,
                "this httpd does not add new messages to the index of the search, because mod_watchdog is not "
                "loaded: add \"LoadModule watchdog_module modules/mod_watchdog.so\", or \"MinitwitSearch Off\"");
            break;
        }
        indexer_t *indexer = apr_pcalloc(pconf, sizeof(*indexer));
        *indexer = (indexer_t){ .server = server, .config = mt_config_get(server), .batch = BATCH_MAX };
        if (!watchdog)
            rv = get_instance(&watchdog, "_minitwit_search_", 0, 1, pconf);
        if (rv == APR_SUCCESS)
            rv = add_callback(watchdog, INTERVAL, indexer, on_watchdog);
    }
    return rv;
}
