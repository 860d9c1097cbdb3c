/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/watch.h"

#include "core/timestamp.h"
#include "http/config.h"
#include "http/counters.h"
#include "http/dbd.h"
#include "http/log.h"
#include "http/shared.h"
#include "ops/indexer.h"
#include "store/schema.h"
#include "store/statistics.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <http_log.h>
#include <mod_watchdog.h>

APLOG_USE_MODULE(minitwit);

/* A full count of millions of rows takes seconds. It therefore has its own watchdog, and runs only so often that it
 * uses a hundredth of the time, but at least once an hour. Between full counts, only new rows are added. */
#define COUNT_SHARE     100
#define COUNT_PAUSE_MAX apr_time_from_sec(3600)
#define COUNT_TIMEOUT   apr_time_from_sec(60)
#define RETRY_PAUSE     apr_time_from_sec(60) /* after a full count that failed */

/* The result of the last count. In shared memory, for the child process that takes over. */
typedef struct counted_t {
    mt_statistics_t statistics;
    int is_known;
    apr_int64_t due; /* time of the next full count, by mt_timestamp_monotonic() */
} counted_t;

/* One of the two watchdogs. */
typedef struct watch_t {
    server_rec *server;
    const mt_config_t *config;
    /* Returns 1, or 0 with the error in the connection. */
    int (*look)(struct watch_t *watch, mt_connection_t *connection);
    apr_interval_time_t timeout; /* of each statement */
    counted_t *counted;
    int has_search; /* 1: this httpd fills the index of the search */
    int is_failing; /* 1: the last run failed, and the failure is logged */
    int is_up;      /* 1: the database answered in the last run. Only look_at_state sets it */
} watch_t;

static void note_ran(void *baton, mt_statement_id_t id, apr_interval_time_t duration)
{
    (void)baton;
    mt_counters_observe(MT_METRIC_DB_QUERY_DURATION, (int)id, duration);
}

/* Has no opened(), because minitwit_db_connections counts only the connections of the pools. */
static const mt_observer_t observer = { .ran = note_ran };

/* Reads the numbers whose cost does not depend on the size of the site. A schema that does not fit is no error here,
 * because the first request that uses it logs this. */
static int look_at_state(watch_t *watch, mt_connection_t *connection)
{
    mt_statistics_state_t state;
    mt_schema_t schema;

    apr_status_t rv = mt_schema_load(connection, &schema);
    /* A missing right, or a lock on one of the tables below, does not mean that the database is down. */
    watch->is_up = rv == APR_SUCCESS || mt_connection_error(connection)->failure != MT_STORE_UNAVAILABLE;
    if (rv != APR_SUCCESS)
        return 0;
    if (mt_schema_fit(&schema) != MT_SCHEMA_FITS)
        return 1;
    if (mt_statistics_load_state(connection, &state) != APR_SUCCESS)
        return 0;
    mt_counters_set(MT_METRIC_MESSAGES_FLAGGED, state.messages_flagged);
    mt_counters_set(MT_METRIC_SESSIONS, state.sessions);
    mt_counters_set(MT_METRIC_SIMULATOR_LATEST, state.simulator_latest);
    /* Without the search, the number would grow with each message. */
    if (watch->has_search)
        mt_counters_set(MT_METRIC_SEARCH_PENDING, state.search_pending);
    else
        mt_counters_forget(MT_METRIC_SEARCH_PENDING);
    if (state.backup_at)
        mt_counters_set(MT_METRIC_BACKUP, state.backup_at);
    else
        mt_counters_forget(MT_METRIC_BACKUP);
    return 1;
}

static int count_all(counted_t *counted, mt_connection_t *connection)
{
    const mt_metric_t *metric = mt_metric_get(MT_METRIC_USER_FOLLOWERS);
    mt_statistics_spread_t followees, followers;
    apr_int64_t began = mt_timestamp_monotonic();

    /* If this child ends during the count, the one that takes over waits as after a failure. */
    counted->due = began + RETRY_PAUSE;
    if (mt_statistics_load(connection, &counted->statistics) != APR_SUCCESS ||
        mt_statistics_spread(connection, metric->bounds, metric->bounds_count, &followees, &followers) != APR_SUCCESS)
        return 0;
    mt_counters_set_histogram(MT_METRIC_USER_FOLLOWEES, followees.users, followees.sum);
    mt_counters_set_histogram(MT_METRIC_USER_FOLLOWERS, followers.users, followers.sum);
    apr_int64_t now = mt_timestamp_monotonic();
    apr_interval_time_t pause = (now - began) * COUNT_SHARE;
    counted->due = now + (pause < COUNT_PAUSE_MAX ? pause : COUNT_PAUSE_MAX);
    counted->is_known = 1;
    return 1;
}

static int look_at_numbers(watch_t *watch, mt_connection_t *connection)
{
    counted_t *counted = watch->counted;
    mt_schema_t schema;
    int is_done = 1;

    if (mt_schema_load(connection, &schema) != APR_SUCCESS)
        return 0;
    if (mt_schema_fit(&schema) != MT_SCHEMA_FITS)
        return 1;
    if (mt_timestamp_monotonic() >= counted->due)
        is_done = count_all(counted, connection);
    else if (counted->is_known)
        is_done = mt_statistics_update(connection, &counted->statistics) == APR_SUCCESS;
    if (is_done && counted->is_known) {
        mt_counters_set(MT_METRIC_USERS, counted->statistics.users);
        mt_counters_set(MT_METRIC_MESSAGES, counted->statistics.messages);
        mt_counters_set(MT_METRIC_FOLLOWS, counted->statistics.follows);
    }
    return is_done;
}

/* Runs a watchdog's function with a new connection. Logs only the first of several failures in a row. */
static void look(watch_t *watch, apr_pool_t *pool)
{
    watch->is_up = 0;
    mt_connection_t *connection = mt_connection_wrap(pool, NULL, watch->config->dbd_params, watch->timeout);
    mt_connection_observe(connection, &observer, NULL);
    int is_done = mt_connection_check(connection) == APR_SUCCESS && watch->look(watch, connection);
    if (!is_done && !watch->is_failing) {
        const mt_store_error_t *error = mt_connection_error(connection);
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, watch->server,
                     "database: %s for the metrics failed, so these metrics keep their last values until a later "
                     "attempt succeeds: %s. %s",
                     error->statement, error->text, mt_failure_advise(error));
    }
    watch->is_failing = !is_done;
    PQfinish(mt_connection_take(connection));
}

static apr_status_t on_watchdog(int state, void *data, apr_pool_t *pool)
{
    watch_t *watch = data;

    if (state == AP_WATCHDOG_STATE_STARTING || state == AP_WATCHDOG_STATE_RUNNING) {
        mt_log_summarize();
        look(watch, pool);
        if (watch->look == look_at_state)
            mt_counters_set(MT_METRIC_DB_UP, watch->is_up);
    }
    /* After any other result, mod_watchdog would not call this again. */
    return APR_SUCCESS;
}

const char *mt_ops_watch_check(void)
{
    if (APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance))
        return NULL;
    return "minitwit-metrics needs mod_watchdog, which is not loaded: add \"LoadModule watchdog_module "
           "modules/mod_watchdog.so\"";
}

/* Finds the first host that mounts the metrics. httpd lists the virtual hosts in reverse order, so it is the last one
 * that this loop finds. */
static server_rec *find_host(server_rec *first)
{
    server_rec *found = NULL;

    for (server_rec *server = first; server; server = server->next) {
        if (!mt_config_get(server)->metrics_mounted)
            continue;
        if (found && !mt_dbd_is_same(mt_config_get(found), mt_config_get(server)))
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, 0, server,
                "minitwit-metrics is mounted in several hosts with different databases: the values from the database "
                "are those of the host at %s",
                mt_config_get(server)->mounted_at);
        found = server;
    }
    return found;
}

static apr_status_t start(apr_pool_t *pconf, const watch_t *kind, const char *name)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;

    apr_status_t rv = get_instance(&watchdog, name, 0, 1, pconf);
    if (rv == APR_SUCCESS)
        rv = add_callback(watchdog, kind->config->metrics_interval, apr_pmemdup(pconf, kind, sizeof(*kind)),
                          on_watchdog);
    return rv;
}

apr_status_t mt_ops_watch_post_config(apr_pool_t *pconf, server_rec *first)
{
    server_rec *server = find_host(first);
    if (!server)
        return APR_SUCCESS;

    watch_t watch = { .server = server, .config = mt_config_get(server) };
    watch.has_search = mt_ops_indexer_fills(first, watch.config);
    apr_ssize_t len = APR_HASH_KEY_STRING;
    /* If the database has changed, the numbers of the previous one must not be used. */
    const char *variant = apr_psprintf(pconf, "%08x", apr_hashfunc_default(watch.config->dbd_params, &len));
    void *memory;
    int is_new;
    apr_status_t rv = mt_shared_make(first, "mod_minitwit watch", variant, sizeof(*watch.counted), &memory, &is_new);
    if (rv != APR_SUCCESS)
        return rv;
    watch.counted = memory;
    for (int id = 0; is_new && id < MT_METRIC_COUNT; id++) {
        if (mt_metric_get((mt_metric_id_t)id)->source == MT_METRIC_READ)
            mt_counters_forget((mt_metric_id_t)id);
    }

    watch.look = look_at_state;
    watch.timeout = watch.config->database_timeout;
    rv = start(pconf, &watch, "_minitwit_");
    watch.look = look_at_numbers;
    watch.timeout = COUNT_TIMEOUT;
    return rv == APR_SUCCESS ? start(pconf, &watch, "_minitwit_count_") : rv;
}
