/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/dispatch.h"

#include "core/origin.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/log.h"
#include "http/mount.h"
#include "http/refusal.h"
#include "http/request_metrics.h"
#include "http/response.h"
#include "http/router.h"
#include "http/signals.h"
#include "http/slow.h"

#include <apr_strings.h>

/* The path below the mount. It always begins with a slash. */
static const char *get_path(const request_rec *r, const mt_mount_t *mount)
{
    if (mount->handler->last_segment)
        return strrchr(r->uri, '/');
    const char *path = r->uri + strlen(mount->path);
    return *path == '/' ? path : "/";
}

static unsigned get_method(const request_rec *r)
{
    switch (r->method_number) {
    case M_GET: /* also HEAD */
        return MT_ROUTE_GET;
    case M_POST:
        return MT_ROUTE_POST;
    default:
        return 0;
    }
}

static int is_speculative(const request_rec *r)
{
    static const char *const names[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mt_origin_is_speculative(apr_table_get(r->headers_in, names[i])))
            return 1;
    }
    return 0;
}

static int changes_data(const mt_request_t *request)
{
    return request->r->method_number == M_POST || (request->route->methods & MT_ROUTE_CHANGES);
}

static int is_trusted(const mt_request_t *request)
{
    const apr_table_t *headers = request->r->headers_in;
    mt_origin_t origin = {
        .host = apr_table_get(headers, "Host"),
        .sec_fetch_site = apr_table_get(headers, "Sec-Fetch-Site"),
        .sec_fetch_dest = apr_table_get(headers, "Sec-Fetch-Dest"),
        .origin = apr_table_get(headers, "Origin"),
        .referer = apr_table_get(headers, "Referer"),
    };
    return mt_origin_is_trusted(&origin);
}

/* Refuses a change that the browser sent without its user. Returns OK, or the status of the failure. */
static int check_sender(mt_request_t *request, const mt_handler_t *handler)
{
    int is_own = is_trusted(request);

    if (is_own && !request->is_speculative)
        return OK;
    if (!is_own) {
        mt_counters_increment(MT_METRIC_CSRF_REJECTED, 0);
        mt_refusal_log_origin(request);
    }
    int status = handler->record ? handler->record(request) : OK;
    if (status != OK)
        return status;
    if (is_own)
        return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                               "This page changes something, so the browser cannot load it in advance.");
    return mt_request_fail(request, HTTP_FORBIDDEN, "This request came from a page of another site.");
}

/* The match of the path without the slash at its end, if this is a page that a redirect may lead to. Otherwise its
 * route is NULL. A GET that changes data gets no redirect, and neither does a folder, which is no page. */
static mt_route_match_t match_without_slash(const request_rec *r, const mt_mount_t *mount)
{
    const char *path = get_path(r, mount);
    apr_size_t len = strlen(path);
    mt_route_match_t match = { .route = NULL };

    if (mount->handler->forgives_slash && r->method_number == M_GET && len > 1 && path[len - 1] == '/' &&
        !mt_router_is_folder(mount->handler, path))
        match = mt_router_match(r->pool, mount->handler, MT_ROUTE_GET, apr_pstrmemdup(r->pool, path, len - 1));
    if (match.route && (match.route->methods & MT_ROUTE_CHANGES))
        match.route = NULL;
    return match;
}

/* The location is made from the route, because a path of the client may look like the address of another host. */
static int redirect(mt_request_t *request, const mt_route_match_t *match)
{
    const char *query = request->r->args;
    const char *path = mt_route_path(request->pool, match->route, match->argument, match->argument2);

    request->label = match->label;
    request->row = match->row;
    return mt_request_redirect(request, query ? apr_pstrcat(request->pool, path, "?", query, NULL) : path);
}

static int serve(mt_request_t *request, const mt_mount_t *mount)
{
    request_rec *r = request->r;
    mt_route_match_t match = mt_router_match(r->pool, mount->handler, get_method(r), get_path(r, mount));

    request->label = match.label;
    request->row = match.label ? match.row : mt_router_other(request->handler);
    if (!match.allowed) {
        match = match_without_slash(r, mount);
        return match.route ? redirect(request, &match)
                           : mt_request_fail(request, HTTP_NOT_FOUND, "There is nothing at this address.");
    }
    if (r->method_number == M_OPTIONS || !match.route)
        apr_table_setn(r->headers_out, "Allow", mt_route_allow(r->pool, match.allowed));
    if (r->method_number == M_OPTIONS)
        return OK;
    if (!match.route)
        return mt_request_fail(request, HTTP_METHOD_NOT_ALLOWED, "This method is not allowed here.");

    request->route = match.route;
    request->argument = match.argument;
    request->argument2 = match.argument2;
    int status = changes_data(request) ? check_sender(request, mount->handler) : OK;
    return status == OK ? match.route->endpoint(request) : status;
}

/* Completes the response of an endpoint, or replaces it with the handler's response for a failure. */
static void fill_in(mt_request_t *request, const mt_handler_t *handler, int status)
{
    if (status == OK)
        status = mt_response_check(request);
    if (status != OK) {
        mt_response_reset(&request->response, status);
        handler->fail(request, status);
    }
}

/* Returns the result of the handler hook. */
static int answer(mt_request_t *request, const mt_mount_t *mount)
{
    request_rec *r = request->r;
    request->query = mt_form_parse(r->pool, r->args, r->args ? strlen(r->args) : 0);
    request->read_only = r->header_only;
    request->is_speculative = is_speculative(r);
    request->response.status = HTTP_OK;
    mt_buffer_init(&request->response.body, r->pool, 0);

    int status = serve(request, mount);
    mt_database_close(request);
    if (!request->is_answered)
        fill_in(request, mount->handler, status);
    if (request->brief)
        apr_pool_destroy(request->brief);
    mt_request_finish(request);
    mt_slow_log(request);
    mt_request_leave_body(request);
    /* mt_request_metrics_log counts an answer that a filter sent. */
    return request->is_answered ? AP_FILTER_ERROR : mt_response_send(request);
}

int mt_dispatch_handle(request_rec *r)
{
    const mt_mount_t *mount = mt_mount_get(r);
    if (!mount || !r->handler || strcmp(r->handler, mount->handler->name) != 0)
        return DECLINED;

    mt_request_t *request = mt_request_get(r);
    /* mod_rewrite may have changed the path, so that the mount differs from that of mt_request_begin. */
    request->handler = mount->handler;
    request->mount = mount->url;
    request->config = mt_config_get(r->server);

    mt_signals_hold();
    mt_log_summarize();
    mt_request_metrics_begin();
    int status = answer(request, mount);
    mt_request_metrics_end();
    mt_signals_release();
    return status;
}
