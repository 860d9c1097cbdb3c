/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_METRIC_TABLE_H
#define MT_METRIC_TABLE_H

#include <apr_pools.h>

/* The declarations of all metrics, in one table (metric_table.c). The metrics endpoint and http/counters use it.
 * docs/metrics.md describes the metrics for operators.
 *
 * A metric has one or more series, which differ in their labels. The series of a metric are numbered from 0. */
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
    MT_METRIC_SEARCH_PENDING,
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
    MT_METRIC_HISTOGRAM,
    MT_METRIC_INFO /* a gauge that is always 1. Only its labels matter */
} mt_metric_kind_t;

/* Where a metric's value comes from. */
typedef enum mt_metric_source_t {
    MT_METRIC_COUNTED, /* http/counters; all child processes add to it */
    MT_METRIC_READ,    /* http/counters; set at intervals from the database, unknown before that */
    MT_METRIC_ASKED    /* determined for each answer of the endpoint */
} mt_metric_source_t;

/* The labels that distinguish a metric's series. The values of each label are a fixed set. */
typedef enum mt_metric_labels_t {
    MT_METRIC_NO_LABELS,
    MT_METRIC_ROUTE_METHOD_CODE, /* and the handler */
    MT_METRIC_ROUTE_METHOD,      /* and the handler */
    MT_METRIC_STATEMENT,
    MT_METRIC_VALUES, /* one label, with the values of the table's row */
    MT_METRIC_BUILD   /* the versions in the build: one series */
} mt_metric_labels_t;

typedef struct mt_metric_t {
    const char *name;
    const char *help;
    mt_metric_kind_t kind;
    mt_metric_source_t source;
    mt_metric_labels_t labels;
    int bounds_count;
    const apr_int64_t *bounds; /* of a histogram: upper bounds of its buckets, ascending, without +Inf */
    double unit; /* the unit of values and bounds, in the metric's unit: 1e-6 for microseconds if that is seconds */
    const char *label_names;   /* separated by commas, in the order of output; "" for none */
    const char *const *values; /* for MT_METRIC_VALUES; ends with NULL */
} mt_metric_t;

const mt_metric_t *mt_metric_get(mt_metric_id_t id);

/* The number of the metric's series. */
int mt_metric_series(mt_metric_id_t id);

/* The numbers of the series of metrics with MT_METRIC_VALUES. The order is that of the values in the table. */
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
    MT_DB_ERROR_REFUSED,
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
    MT_THROTTLE_ADDRESS,
    MT_THROTTLE_SEARCH,
    MT_THROTTLE_SEARCHING
} mt_throttle_t;

/* The number of a series by route. row: see mt_router_rows. method: from mt_metric_method. code: from
 * mt_metric_code. */
int mt_metric_route_method(int row, int method);
int mt_metric_route_method_code(int row, int method, int code);

/* The index of an HTTP method, and of a status. HEAD is M_GET with is_head. */
int mt_metric_method(int method_number, int is_head);
int mt_metric_code(int status);

/* The reverse of mt_metric_code. Returns 0 for the last index, which stands for all other statuses. */
int mt_metric_status(int code);

/* The label of a method's index. NULL if the index is greater than the last one. */
const char *mt_metric_method_name(int method);

/* The labels of a series, in the format between the braces of a sample, in pool. "" for none. */
const char *mt_metric_format_labels(apr_pool_t *pool, mt_metric_id_t id, int series);

/* 1 for a series that the endpoint shows even while it is 0, so that Prometheus sees its first increase. Of the series
 * by route, these are only the statuses 500 and 503 of each route's own methods. Of all other metrics, it is each
 * series. */
int mt_metric_is_expected(mt_metric_id_t id, int series);

#endif
