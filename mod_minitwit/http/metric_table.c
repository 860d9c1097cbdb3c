/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/metric_table.h"

#include "core/exposition.h"
#include "core/revision.h"
#include "http/router.h"
#include "store/statement.h"

#include <httpd.h>

#include <ap_release.h>
#include <apr_strings.h>
#include <apr_version.h>
#include <libpq-fe.h>

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Microseconds. The simulator gives up after 0.3 s. */
static const apr_int64_t request_bounds[] = { 1000,   2500,   5000,   10000,   25000,   50000,  100000,
                                              200000, 300000, 500000, 1000000, 2500000, 5000000 };
static const apr_int64_t query_bounds[] = { 500,   1000,   2500,   5000,   10000,   25000,
                                            50000, 100000, 250000, 500000, 1000000, 2500000 };
/* Users. */
static const apr_int64_t follow_bounds[] = { 0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000 };

static const char *const login_results[] = {
    [MT_LOGIN_SUCCESS] = "success",
    [MT_LOGIN_INVALID_USERNAME] = "invalid_username",
    [MT_LOGIN_INVALID_PASSWORD] = "invalid_password",
    [MT_LOGIN_THROTTLED] = "throttled",
    NULL,
};
static const char *const db_states[] = {
    [MT_DB_BUSY] = "busy",
    [MT_DB_IDLE] = "idle",
    [MT_DB_UNOPENED] = "unopened",
    NULL,
};
static const char *const db_errors[] = {
    [MT_DB_ERROR_CONNECT] = "connect",
    [MT_DB_ERROR_UNAVAILABLE] = "unavailable",
    [MT_DB_ERROR_REFUSED] = "refused",
    [MT_DB_ERROR_POOL] = "pool",
    [MT_DB_ERROR_SCHEMA] = "schema",
    [MT_DB_ERROR_DEFECT] = "defect",
    NULL,
};
static const char *const cache_results[] = {
    [MT_CACHE_HIT] = "hit",
    [MT_CACHE_MISS] = "miss",
    NULL,
};
static const char *const throttles[] = {
    [MT_THROTTLE_HASHING] = "hashing", [MT_THROTTLE_ACCOUNT] = "account",     [MT_THROTTLE_ADDRESS] = "address",
    [MT_THROTTLE_SEARCH] = "search",   [MT_THROTTLE_SEARCHING] = "searching", NULL,
};

static const char *const methods[] = { "GET", "HEAD", "POST", "OPTIONS", "other" };
enum {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_OPTIONS,
    METHOD_OTHER
};

/* The statuses that a client may get. The last stands for all others. */
static const int codes[] = { 200, 204, 302, 304, 400, 401, 403, 404, 405, 408, 412, 413, 415, 429, 500, 501, 503, 0 };

#define ROUTE_METHOD      "handler,route,method"
#define ROUTE_METHOD_CODE "handler,route,method,code"

#define NO_LABELS               .labels = MT_METRIC_NO_LABELS, .label_names = ""
#define LABEL(name_, values_)   .labels = MT_METRIC_VALUES, .label_names = (name_), .values = (values_)
#define BUCKETS(bounds_, unit_) .bounds = (bounds_), .bounds_count = LENGTH(bounds_), .unit = (unit_)
#define COUNTER                 .kind = MT_METRIC_COUNTER, .source = MT_METRIC_COUNTED, .unit = 1
#define GAUGE(source_)          .kind = MT_METRIC_GAUGE, .source = (source_), .unit = 1

static const mt_metric_t metrics[MT_METRIC_COUNT] = {
    [MT_METRIC_HTTP_REQUESTS] = {
        .name = "minitwit_http_requests_total", COUNTER,
        .labels = MT_METRIC_ROUTE_METHOD_CODE, .label_names = ROUTE_METHOD_CODE,
        .help = "Requests to mounted paths, by status of the response. Responses with status 206 count as 200.",
    },
    [MT_METRIC_HTTP_DURATION] = {
        .name = "minitwit_http_request_duration_seconds", .kind = MT_METRIC_HISTOGRAM, .source = MT_METRIC_COUNTED,
        .labels = MT_METRIC_ROUTE_METHOD, .label_names = ROUTE_METHOD, BUCKETS(request_bounds, 1e-6),
        .help = "Time from the end of a request's header until its response was ready, without the time in which the "
                "client sent the body.",
    },
    [MT_METRIC_HTTP_IN_FLIGHT] = {
        .name = "minitwit_http_requests_in_flight", GAUGE(MT_METRIC_ASKED), NO_LABELS,
        .help = "Requests in progress, including this one.",
    },
    [MT_METRIC_USERS_REGISTERED] = {
        .name = "minitwit_users_registered_total", COUNTER, NO_LABELS,
        .help = "Users registered, at the site and through the API.",
    },
    [MT_METRIC_MESSAGES_POSTED] = {
        .name = "minitwit_messages_posted_total", COUNTER, NO_LABELS,
        .help = "Messages posted, at the site and through the API.",
    },
    [MT_METRIC_FOLLOWED] = {
        .name = "minitwit_follows_total", COUNTER, NO_LABELS,
        .help = "Successful requests to follow a user, including those that changed nothing.",
    },
    [MT_METRIC_UNFOLLOWED] = {
        .name = "minitwit_unfollows_total", COUNTER, NO_LABELS,
        .help = "Successful requests to unfollow a user, including those that changed nothing.",
    },
    [MT_METRIC_LOGINS] = {
        .name = "minitwit_logins_total", COUNTER, LABEL("result", login_results),
        .help = "Attempts to log in at the site, by result.",
    },
    [MT_METRIC_USERS] = {
        .name = "minitwit_users", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Users in the database.",
    },
    [MT_METRIC_MESSAGES] = {
        .name = "minitwit_messages", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Messages in the database, including flagged ones.",
    },
    [MT_METRIC_MESSAGES_FLAGGED] = {
        .name = "minitwit_messages_flagged", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Flagged messages in the database, which the site hides.",
    },
    [MT_METRIC_FOLLOWS] = {
        .name = "minitwit_follows", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Pairs of a follower and a followed user in the database.",
    },
    [MT_METRIC_SEARCH_PENDING] = {
        .name = "minitwit_search_pending_messages", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Messages that the search may not find yet, because they are not in its index. Estimated from their ids. "
                "Missing if the search is off.",
    },
    [MT_METRIC_SESSIONS] = {
        .name = "minitwit_sessions_active", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Sessions that have neither ended nor expired.",
    },
    [MT_METRIC_USER_FOLLOWERS] = {
        .name = "minitwit_user_followers", .kind = MT_METRIC_HISTOGRAM, .source = MT_METRIC_READ, NO_LABELS,
        BUCKETS(follow_bounds, 1),
        .help = "Users by number of followers.",
    },
    [MT_METRIC_USER_FOLLOWEES] = {
        .name = "minitwit_user_followees", .kind = MT_METRIC_HISTOGRAM, .source = MT_METRIC_READ, NO_LABELS,
        BUCKETS(follow_bounds, 1),
        .help = "Users by number of users that they follow.",
    },
    [MT_METRIC_SIMULATOR_LATEST] = {
        .name = "minitwit_simulator_latest", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Number of the simulator's newest action, or -1 before the first.",
    },
    [MT_METRIC_DB_UP] = {
        .name = "minitwit_db_up", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "1 if the database answered at the last check, 0 if not.",
    },
    [MT_METRIC_DB_CONNECTIONS] = {
        .name = "minitwit_db_connections", GAUGE(MT_METRIC_ASKED), LABEL("state", db_states),
        .help = "Connections of the pools of all child processes: in use by a request, idle, or not opened yet. The "
                "sum is DBDMax times the number of children.",
    },
    [MT_METRIC_DB_QUERY_DURATION] = {
        .name = "minitwit_db_query_duration_seconds", .kind = MT_METRIC_HISTOGRAM, .source = MT_METRIC_COUNTED,
        .labels = MT_METRIC_STATEMENT, .label_names = "statement", BUCKETS(query_bounds, 1e-6),
        .help = "Time of a statement, including the round trip to the database. Statements that are sent together "
                "count once, under the name of the last one.",
    },
    [MT_METRIC_DB_ERRORS] = {
        .name = "minitwit_db_errors_total", COUNTER, LABEL("class", db_errors),
        .help = "Requests that failed because no connection could be made, the database was unreachable or too slow, "
                "the database refused a statement and an operator must act, no connection of the pool was free, the "
                "schema does not fit, or the module has a defect.",
    },
    [MT_METRIC_CACHE_LOOKUPS] = {
        .name = "minitwit_cache_lookups_total", COUNTER, LABEL("outcome", cache_results),
        .help = "Lookups of timelines in the cache of rendered answers, by outcome.",
    },
    [MT_METRIC_THROTTLED] = {
        .name = "minitwit_throttled_total", COUNTER, LABEL("reason", throttles),
        .help = "Requests rejected because too many passwords were being hashed, because of too many wrong passwords "
                "for an account or from an address, or because of too many searches from an address or at once.",
    },
    [MT_METRIC_CSRF_REJECTED] = {
        .name = "minitwit_csrf_rejected_total", COUNTER, NO_LABELS,
        .help = "Requests rejected because a page of another site sent them.",
    },
    [MT_METRIC_HASHES_IN_FLIGHT] = {
        .name = "minitwit_password_hashes_in_flight", GAUGE(MT_METRIC_ASKED), NO_LABELS,
        .help = "Password hashes in progress.",
    },
    [MT_METRIC_BACKUP] = {
        .name = "minitwit_backup_last_success_timestamp_seconds", GAUGE(MT_METRIC_READ), NO_LABELS,
        .help = "Time of the last successful backup, in seconds since 1970. Missing before the first one.",
    },
    [MT_METRIC_PROCESS_CPU] = {
        .name = "minitwit_process_cpu_seconds_total", .kind = MT_METRIC_COUNTER, .source = MT_METRIC_ASKED, .unit = 1,
        NO_LABELS,
        .help = "Processor time of all httpd processes, user and system, including processes that have ended.",
    },
    [MT_METRIC_PROCESS_MEMORY] = {
        .name = "minitwit_process_resident_memory_bytes", GAUGE(MT_METRIC_ASKED), NO_LABELS,
        .help = "Resident memory of all httpd processes. Memory that they share counts once for each of them.",
    },
    [MT_METRIC_PROCESS_START] = {
        .name = "minitwit_process_start_time_seconds", GAUGE(MT_METRIC_ASKED), NO_LABELS,
        .help = "Time when httpd was started, in seconds since 1970. A reload does not change it.",
    },
    [MT_METRIC_BUILD_INFO] = {
        .name = "minitwit_build_info", .kind = MT_METRIC_INFO, .source = MT_METRIC_ASKED, .unit = 1,
        .labels = MT_METRIC_BUILD, .label_names = "version,revision,httpd,apr,libpq",
        .help = "Always 1. The labels contain the versions of the module and of the libraries that it was built with.",
    },
};

const mt_metric_t *mt_metric_get(mt_metric_id_t id)
{
    return &metrics[id];
}

int mt_metric_series(mt_metric_id_t id)
{
    int count = 1;

    switch (metrics[id].labels) {
    case MT_METRIC_ROUTE_METHOD_CODE:
        return mt_router_rows() * LENGTH(methods) * LENGTH(codes);
    case MT_METRIC_ROUTE_METHOD:
        return mt_router_rows() * LENGTH(methods);
    case MT_METRIC_STATEMENT:
        return MT_STATEMENT_COUNT;
    case MT_METRIC_VALUES:
        while (metrics[id].values[count])
            count++;
        return count;
    default:
        return count;
    }
}

int mt_metric_method(int method_number, int is_head)
{
    switch (method_number) {
    case M_GET:
        return is_head ? METHOD_HEAD : METHOD_GET;
    case M_POST:
        return METHOD_POST;
    case M_OPTIONS:
        return METHOD_OPTIONS;
    default:
        return METHOD_OTHER;
    }
}

const char *mt_metric_method_name(int method)
{
    return method < LENGTH(methods) ? methods[method] : NULL;
}

int mt_metric_code(int status)
{
    int i = 0;

    while (codes[i] && codes[i] != status)
        i++;
    return i;
}

int mt_metric_status(int code)
{
    return codes[code];
}

int mt_metric_route_method(int row, int method)
{
    return row * LENGTH(methods) + method;
}

int mt_metric_route_method_code(int row, int method, int code)
{
    return mt_metric_route_method(row, method) * LENGTH(codes) + code;
}

static void append_route(mt_buffer_t *labels, int series)
{
    const mt_route_t *route;
    const mt_handler_t *handler = mt_router_row(series / LENGTH(methods), &route);

    mt_exposition_label(labels, "handler", handler->name);
    mt_exposition_label(labels, "route", route ? route->path : "other");
    mt_exposition_label(labels, "method", methods[series % LENGTH(methods)]);
}

static void append_build(mt_buffer_t *labels, apr_pool_t *pool)
{
    int libpq = PQlibVersion();

    mt_exposition_label(labels, "version", MT_VERSION);
    mt_exposition_label(labels, "revision", mt_revision_get());
    mt_exposition_label(labels, "httpd", AP_SERVER_BASEREVISION);
    mt_exposition_label(labels, "apr", APR_VERSION_STRING);
    mt_exposition_label(labels, "libpq", apr_psprintf(pool, "%d.%d", libpq / 10000, libpq % 10000));
}

const char *mt_metric_format_labels(apr_pool_t *pool, mt_metric_id_t id, int series)
{
    const mt_metric_t *metric = &metrics[id];
    mt_buffer_t labels;
    int code;

    mt_buffer_init(&labels, pool, 0);
    switch (metric->labels) {
    case MT_METRIC_ROUTE_METHOD_CODE:
        append_route(&labels, series / LENGTH(codes));
        code = codes[series % LENGTH(codes)];
        mt_exposition_label(&labels, "code", code ? apr_itoa(pool, code) : "other");
        break;
    case MT_METRIC_ROUTE_METHOD:
        append_route(&labels, series);
        break;
    case MT_METRIC_STATEMENT:
        mt_exposition_label(&labels, metric->label_names, mt_statement_label((mt_statement_id_t)series));
        break;
    case MT_METRIC_VALUES:
        mt_exposition_label(&labels, metric->label_names, metric->values[series]);
        break;
    case MT_METRIC_BUILD:
        append_build(&labels, pool);
        break;
    case MT_METRIC_NO_LABELS:
        break;
    }
    return mt_buffer_text(&labels);
}

int mt_metric_is_expected(mt_metric_id_t id, int series)
{
    if (metrics[id].labels == MT_METRIC_ROUTE_METHOD)
        return 0;
    if (metrics[id].labels != MT_METRIC_ROUTE_METHOD_CODE)
        return 1;

    int code = codes[series % LENGTH(codes)];
    int method = series / LENGTH(codes) % LENGTH(methods);
    const mt_route_t *route;
    mt_router_row(series / LENGTH(codes) / LENGTH(methods), &route);
    return route && (code == HTTP_INTERNAL_SERVER_ERROR || code == HTTP_SERVICE_UNAVAILABLE) &&
           ((method == METHOD_GET && (mt_router_methods(route) & MT_ROUTE_GET)) ||
            (method == METHOD_POST && (mt_router_methods(route) & MT_ROUTE_POST)));
}
