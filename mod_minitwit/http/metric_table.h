/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_METRIC_TABLE_H
#define MT_METRIC_TABLE_H

#include <apr_pools.h>

/* Every metric of the module is declared in one table, metric.c. The endpoint and the counters go by it, and
 * docs/metrics.md says the same in words. */
typedef enum mt_metric_id_t {
    MT_METRIC_HTTP_REQUESTS,
    MT_METRIC_HTTP_DURATION,
    MT_METRIC_HTTP_IN_FLIGHT,
    MT_METRIC_USERS_REGISTERED,
    MT_METRIC_MESSAGES_POSTED,
    MT_METRIC_FOLLOWED,
    MT_METRIC_UNFOLLOWED,
    MT_METRIC_LOGINS,
    MT_METRIC_USERS,
    MT_METRIC_MESSAGES,
    MT_METRIC_MESSAGES_FLAGGED,
    MT_METRIC_FOLLOWS,
    MT_METRIC_SESSIONS,
    MT_METRIC_USER_FOLLOWERS,
    MT_METRIC_USER_FOLLOWEES,
    MT_METRIC_SIMULATOR_LATEST,
    MT_METRIC_DB_UP,
    MT_METRIC_DB_CONNECTIONS,
    MT_METRIC_DB_QUERY_DURATION,
    MT_METRIC_DB_ERRORS,
    MT_METRIC_THROTTLED,
    MT_METRIC_CACHE_LOOKUPS,
    MT_METRIC_CSRF_REJECTED,
    MT_METRIC_HASHES_IN_FLIGHT,
    MT_METRIC_BACKUP,
    MT_METRIC_PROCESS_CPU,
    MT_METRIC_PROCESS_MEMORY,
    MT_METRIC_PROCESS_START,
    MT_METRIC_BUILD_INFO,
    MT_METRIC_COUNT
} mt_metric_id_t;

typedef enum mt_metric_kind_t {
    MT_METRIC_COUNTER,
    MT_METRIC_GAUGE,
    MT_METRIC_HISTOGRAM
} mt_metric_kind_t;

/* Where a metric's value comes from. */
typedef enum mt_metric_source_t {
    MT_METRIC_COUNTED, /* http/counters: added up by all child processes */
    MT_METRIC_READ,    /* http/counters: set from time to time from the database, unknown before */
    MT_METRIC_ASKED    /* found out for each answer */
} mt_metric_source_t;

/* A label has its values from a fixed set. */
typedef enum mt_metric_labels_t {
    MT_METRIC_NO_LABELS,
    MT_METRIC_ROUTE_METHOD_CODE, /* and the handler */
    MT_METRIC_ROUTE_METHOD,      /* and the handler */
    MT_METRIC_STATEMENT,
    MT_METRIC_VALUES, /* those of the table's row */
    MT_METRIC_BUILD   /* what it was built with: one sample */
} mt_metric_labels_t;

typedef struct mt_metric_t {
    const char *name;
    const char *help;
    mt_metric_kind_t kind;
    mt_metric_source_t source;
    mt_metric_labels_t labels;
    int bounds_count;
    const apr_int64_t *bounds; /* for a histogram: upper bounds of its buckets, ascending, without +Inf */
    double unit; /* what values and bounds are kept in, in the metric's own unit: 1e-6 for microseconds of seconds */
    const char *label_names;   /* separated by commas, in the order of the samples; "" for none */
    const char *const *values; /* for MT_METRIC_VALUES: of the one label; ends with NULL */
} mt_metric_t;

const mt_metric_t *mt_metric_get(mt_metric_id_t id);

/* Samples of a metric that differ in their labels are numbered from 0. How many there are: */
int mt_metric_series(mt_metric_id_t id);

/* The numbers for MT_METRIC_VALUES are those of these enumerations. */
typedef enum mt_login_result_t {
    MT_LOGIN_SUCCESS,
    MT_LOGIN_INVALID_USERNAME,
    MT_LOGIN_INVALID_PASSWORD,
    MT_LOGIN_THROTTLED
} mt_login_result_t;

typedef enum mt_db_state_t {
    MT_DB_BUSY,
    MT_DB_IDLE,
    MT_DB_UNOPENED
} mt_db_state_t;

typedef enum mt_db_error_t {
    MT_DB_ERROR_CONNECT,
    MT_DB_ERROR_UNAVAILABLE,
    MT_DB_ERROR_POOL,
    MT_DB_ERROR_SCHEMA,
    MT_DB_ERROR_DEFECT
} mt_db_error_t;

typedef enum mt_cache_result_t {
    MT_CACHE_HIT,
    MT_CACHE_MISS
} mt_cache_result_t;

typedef enum mt_throttle_t {
    MT_THROTTLE_HASHING,
    MT_THROTTLE_ACCOUNT,
    MT_THROTTLE_ADDRESS
} mt_throttle_t;

/* The number of a series by route: row is an index into the routing table, or behind its last row that of a handler,
 * for requests to no route; method and status as httpd has them. */
int mt_metric_route_method(int row, int method);
int mt_metric_route_method_code(int row, int method, int code);

/* The index for a method of httpd (M_GET with is_head for HEAD), and for a status. */
int mt_metric_method(int method_number, int is_head);
int mt_metric_code(int status);

/* The reverse: the status of a number. 0 for the last number, which stands for all other statuses. */
int mt_metric_status(int code);

/* The label of a method's index; NULL behind the last. */
const char *mt_metric_method_name(int method);

/* The labels of a series, as they stand between the braces; "" for none. */
const char *mt_metric_format_labels(apr_pool_t *pool, mt_metric_id_t id, int series);

/* 1 for a series that is shown even while it is 0, so that its first increase can be seen: all but those by route, of
 * which only the failures of each route's own methods are. */
int mt_metric_is_expected(mt_metric_id_t id, int series);

#endif
