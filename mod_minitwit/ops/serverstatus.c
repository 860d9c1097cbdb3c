/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/serverstatus.h"

#include "http/children.h"
#include "http/config.h"
#include "http/counters.h"
#include "http/hashing.h"
#include "http/router.h"

#include <apr_optional_hooks.h>
#include <http_main.h>
#include <http_protocol.h>
#include <mod_status.h>

typedef struct line_t {
    const char *handler, *route, *method;
    apr_int64_t count;
    apr_int64_t failures; /* answers with a status of 500 or above */
    double mean;          /* milliseconds */
} line_t;

/* Reads the counters of a route and method. Returns 0 if there were no requests. */
static int measure(int row, int method, line_t *line)
{
    const mt_metric_t *metric = mt_metric_get(MT_METRIC_HTTP_DURATION);
    apr_int64_t sum;
    const apr_uint64_t *observations =
        mt_counters_get_histogram(MT_METRIC_HTTP_DURATION, mt_metric_route_method(row, method), &sum);
    const mt_route_t *route;

    line->count = 0;
    for (int i = 0; i <= metric->bounds_count; i++)
        line->count += (apr_int64_t)observations[i];
    if (line->count == 0)
        return 0;
    line->failures = 0;
    for (int code = 0; mt_metric_status(code); code++) {
        if (ap_is_HTTP_SERVER_ERROR(mt_metric_status(code)))
            line->failures += mt_counters_get(MT_METRIC_HTTP_REQUESTS, mt_metric_route_method_code(row, method, code));
    }
    line->mean = (double)sum / (double)line->count / 1000;
    line->handler = mt_router_row(row, &route)->name;
    line->route = route ? route->path : "other";
    line->method = mt_metric_method_name(method);
    return 1;
}

static void each_line(request_rec *r, void (*print)(request_rec *r, const line_t *line))
{
    line_t line;

    for (int row = 0; row < mt_router_rows(); row++) {
        for (int method = 0; mt_metric_method_name(method); method++) {
            if (measure(row, method, &line))
                print(r, &line);
        }
    }
}

static void print_short(request_rec *r, const line_t *line)
{
    ap_rprintf(r, "MinitwitRequests %s %s %s: %" APR_INT64_T_FMT "\n", line->handler, line->method, line->route,
               line->count);
}

static void print_row(request_rec *r, const line_t *line)
{
    ap_rprintf(r,
               "<tr><td>%s</td><td>%s</td><td>%s</td><td align=\"right\">%" APR_INT64_T_FMT
               "</td><td align=\"right\">%" APR_INT64_T_FMT "</td><td align=\"right\">%.1f</td></tr>\n",
               line->handler, line->method, ap_escape_html(r->pool, line->route), line->count, line->failures,
               line->mean);
}

static void print_value(request_rec *r, int is_short, const char *key, const char *words, apr_int64_t value)
{
    if (is_short)
        ap_rprintf(r, "Minitwit%s: %" APR_INT64_T_FMT "\n", key, value);
    else
        ap_rprintf(r, "<dt>%s: %" APR_INT64_T_FMT "</dt>\n", words, value);
}

static void print_values(request_rec *r, int is_short)
{
    apr_int64_t open = mt_children_sum(MT_CHILDREN_CONNECTIONS);
    apr_int64_t lent = mt_children_sum(MT_CHILDREN_LENT);

    if (mt_counters_is_known(MT_METRIC_DB_UP))
        print_value(r, is_short, "DatabaseUp", "Database answered at the last check (1: yes)",
                    mt_counters_get(MT_METRIC_DB_UP, 0));
    print_value(r, is_short, "DatabaseConnectionsBusy", "Database connections in use", lent);
    print_value(r, is_short, "DatabaseConnectionsOpen", "Database connections open", open);
    print_value(r, is_short, "DatabaseConnectionsMax",
                "Maximum number of database connections (DBDMax of all children)",
                mt_children_sum(MT_CHILDREN_CAPACITY));
    if (mt_counters_is_known(MT_METRIC_SESSIONS))
        print_value(r, is_short, "SessionsActive", "Active sessions", mt_counters_get(MT_METRIC_SESSIONS, 0));
    print_value(r, is_short, "PasswordHashesInFlight", "Passwords being hashed", mt_hashing_count());
    print_value(r, is_short, "RequestsInFlight", "Requests in progress", mt_children_sum(MT_CHILDREN_REQUESTS));
}

static int show(request_rec *r, int flags)
{
    int is_short = (flags & AP_STATUS_SHORT) != 0;

    if (!mt_config_is_mounted(ap_server_conf))
        return DECLINED;
    if (is_short) {
        print_values(r, 1);
        each_line(r, print_short);
        return OK;
    }
    ap_rputs("<hr />\n<h2>MiniTwit</h2>\n<dl>\n", r);
    print_values(r, 0);
    ap_rputs("</dl>\n", r);
    if (!(flags & AP_STATUS_NOTABLE)) {
        ap_rputs("<table border=\"0\"><tr><th>Handler</th><th>Method</th><th>Route</th><th>Requests</th>"
                 "<th>Status 5xx</th><th>Mean, ms</th></tr>\n",
                 r);
        each_line(r, print_row);
        ap_rputs("</table>\n", r);
    }
    return OK;
}

void mt_ops_serverstatus_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, show, NULL, NULL, APR_HOOK_MIDDLE);
}
