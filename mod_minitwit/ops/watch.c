/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/watch.h"

#include "http/config.h"
#include "http/counters.h"
#include "store/schema.h"
#include "store/statistics.h"

#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>

APLOG_USE_MODULE(minitwit);

/* Counting millions of rows takes its time; a deadline that is too short for it would be in vain each time. */
#define COUNT_TIMEOUT apr_time_from_sec(10)

/* Everything is counted at most so often that it takes a hundredth of the time, and at least once an hour; in between, only
 * what is new is. */
#define COUNT_SHARE     100
#define COUNT_PAUSE_MAX apr_time_from_sec(3600)

typedef struct watch_t {
    server_rec *server;
    const mt_config_t *config;
    PGconn *pg; /* NULL: not made yet */
    mt_statistics_t statistics;
    int is_counted;      /* statistics holds what was counted once */
    apr_time_t count_at; /* when everything is to be counted next */
    int is_up;           /* what was logged last; at first that it is */
    int is_failing;      /* that counting fails was logged */
} watch_t;

static void note_ran(void *baton, mt_statement_id_t id, apr_interval_time_t duration)
{
    (void)baton;
    mt_counters_observe(MT_METRIC_DB_QUERY_DURATION, (int)id, duration);
}

/* The connection is in no pool, so nobody counts it. */
static const mt_observer_t observer = { .ran = note_ran };

static mt_connection_t *use_connection(watch_t *watch, apr_pool_t *pool, apr_interval_time_t timeout)
{
    mt_connection_t *connection = mt_connection_wrap(pool, watch->pg, timeout);
    mt_connection_observe(connection, &observer, NULL);
    return connection;
}

static void publish(const mt_statistics_t *statistics)
{
    mt_counters_set(MT_METRIC_USERS, statistics->users);
    mt_counters_set(MT_METRIC_MESSAGES, statistics->messages);
    mt_counters_set(MT_METRIC_MESSAGES_FLAGGED, statistics->messages_flagged);
    mt_counters_set(MT_METRIC_FOLLOWS, statistics->follows);
    mt_counters_set(MT_METRIC_SESSIONS, statistics->sessions);
    mt_counters_set(MT_METRIC_SIMULATOR_LATEST, statistics->simulator_latest);
    if (statistics->backup_at)
        mt_counters_set(MT_METRIC_BACKUP, statistics->backup_at);
}

static apr_status_t count_all(watch_t *watch, mt_connection_t *connection)
{
    const mt_metric_t *metric = mt_metric_get(MT_METRIC_USER_FOLLOWERS);
    mt_statistics_spread_t followees, followers;
    apr_time_t began = apr_time_now();

    apr_status_t rv = mt_statistics_load(connection, &watch->statistics);
    if (rv == APR_SUCCESS) {
        watch->is_counted = 1;
        publish(&watch->statistics);
        rv = mt_statistics_spread(connection, metric->bounds, metric->bounds_count, &followees, &followers);
    }
    if (rv == APR_SUCCESS) {
        mt_counters_set_histogram(MT_METRIC_USER_FOLLOWEES, followees.users, followees.sum);
        mt_counters_set_histogram(MT_METRIC_USER_FOLLOWERS, followers.users, followers.sum);
    }
    apr_time_t now = apr_time_now();
    apr_interval_time_t pause = (now - began) * COUNT_SHARE;
    watch->count_at = now + (pause < 0 ? 0 : pause > COUNT_PAUSE_MAX ? COUNT_PAUSE_MAX : pause);
    return rv;
}

static void count(watch_t *watch, apr_pool_t *pool)
{
    mt_connection_t *connection = use_connection(watch, pool, COUNT_TIMEOUT);
    apr_time_t now = apr_time_now();
    /* The clock may have been set back. */
    int is_due = now >= watch->count_at || watch->count_at - now > COUNT_PAUSE_MAX;

    apr_status_t rv = APR_SUCCESS;
    if (is_due)
        rv = count_all(watch, connection);
    else if (watch->is_counted) {
        rv = mt_statistics_update(connection, &watch->statistics);
        if (rv == APR_SUCCESS)
            publish(&watch->statistics);
    }
    if (rv != APR_SUCCESS && !watch->is_failing) {
        const mt_store_error_t *error = mt_connection_error(connection);
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, watch->server,
                     "database: %s for the metrics failed, they keep their last values: %s", error->statement,
                     error->text);
    }
    watch->is_failing = rv != APR_SUCCESS;
}

/* Whether the database answers, within the time that a request gives it. *version: of its schema. */
static apr_status_t probe(watch_t *watch, apr_pool_t *pool, int *version)
{
    if (!watch->pg)
        watch->pg = mt_connection_prepare(watch->config->dbd_params);
    if (!watch->pg)
        return APR_ENOMEM;
    mt_connection_t *connection = use_connection(watch, pool, watch->config->database_timeout);
    apr_status_t rv = mt_connection_check(connection);
    if (rv == APR_SUCCESS)
        rv = mt_schema_version(connection, version);
    if (rv != APR_SUCCESS && watch->is_up) {
        const mt_store_error_t *error = mt_connection_error(connection);
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, watch->server,
                     "the database is down: minitwit_db_up is 0 until it answers: %s: %s", error->statement,
                     error->text);
    }
    return rv;
}

static void look(watch_t *watch, apr_pool_t *pool)
{
    int version = 0;
    int is_up = probe(watch, pool, &version) == APR_SUCCESS;

    mt_counters_set(MT_METRIC_DB_UP, is_up);
    if (is_up && !watch->is_up)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, watch->server, "the database is up again, as the metrics see it");
    watch->is_up = is_up;
    /* Another schema is reported by whoever is served from it. */
    if (is_up && version == MT_SCHEMA_VERSION)
        count(watch, pool);
}

static apr_status_t on_watchdog(int state, void *data, apr_pool_t *pool)
{
    watch_t *watch = data;

    switch (state) {
    case AP_WATCHDOG_STATE_STARTING:
        watch->is_up = 1;
        look(watch, pool);
        break;
    case AP_WATCHDOG_STATE_RUNNING:
        look(watch, pool);
        break;
    case AP_WATCHDOG_STATE_STOPPING:
        PQfinish(watch->pg);
        watch->pg = NULL;
        break;
    }
    /* Anything else would end it for good. */
    return APR_SUCCESS;
}

const char *mt_watch_check(void)
{
    if (APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance))
        return NULL;
    return "the metrics are read in the background by mod_watchdog, which is not loaded: add \"LoadModule "
           "watchdog_module modules/mod_watchdog.so\"";
}

apr_status_t mt_watch_post_config(apr_pool_t *pconf, server_rec *first)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    server_rec *server = first;

    while (server && !mt_config_get(server)->metrics_mounted)
        server = server->next;
    if (!server)
        return APR_SUCCESS;

    watch_t *watch = apr_pcalloc(pconf, sizeof(*watch));
    watch->server = server;
    watch->config = mt_config_get(server);
    apr_status_t rv = get_instance(&watchdog, "_minitwit_", 0, 1, pconf);
    if (rv == APR_SUCCESS)
        rv = add_callback(watchdog, watch->config->metrics_interval, watch, on_watchdog);
    return rv;
}
