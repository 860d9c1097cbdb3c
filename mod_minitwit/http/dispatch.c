/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/dispatch.h"

#include "core/origin.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/measure.h"
#include "http/mount.h"
#include "http/response.h"
#include "http/slow.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(minitwit);

/* Set once, before any thread starts. */
static const mt_handler_t *all_handlers;
static const mt_route_t *all_routes;
static int route_count;
static const char *const *reserved;

void mt_dispatch_register(const mt_handler_t *handlers, const mt_route_t *routes)
{
    all_handlers = handlers;
    all_routes = routes;
    for (route_count = 0; routes[route_count].handler;)
        route_count++;
}

void mt_dispatch_reserve(apr_pool_t *pool, const server_rec *first)
{
    apr_array_header_t *names = apr_array_make(pool, 32, sizeof(const char *));

    for (const mt_route_t *route = all_routes; route->handler; route++) {
        apr_size_t len = strcspn(route->path + 1, "/");
        if (mt_dispatch_handler(route->handler)->needs_site && len > 0 && route->path[1] != '<')
            APR_ARRAY_PUSH(names, const char *) = apr_pstrmemdup(pool, route->path + 1, len);
    }
    mt_mount_list_hidden(first, names);
    APR_ARRAY_PUSH(names, const char *) = NULL;
    reserved = (const char *const *)names->elts;
}

const char *const *mt_dispatch_reserved(void)
{
    return reserved;
}

const mt_handler_t *mt_dispatch_handler(const char *name)
{
    for (const mt_handler_t *handler = all_handlers; handler->name; handler++) {
        if (strcmp(handler->name, name) == 0)
            return handler;
    }
    return NULL;
}

int mt_dispatch_rows(void)
{
    int count = route_count;
    for (const mt_handler_t *handler = all_handlers; handler->name; handler++)
        count++;
    return count;
}

const mt_handler_t *mt_dispatch_row(int row, const mt_route_t **route)
{
    *route = row < route_count ? &all_routes[row] : NULL;
    return *route ? mt_dispatch_handler((*route)->handler) : &all_handlers[row - route_count];
}

int mt_dispatch_other(const mt_handler_t *handler)
{
    return route_count + (int)(handler - all_handlers);
}

unsigned mt_dispatch_methods(const mt_route_t *route)
{
    unsigned methods = 0;
    const mt_route_t *first = NULL;

    for (const mt_route_t *other = all_routes; other->handler; other++) {
        if (strcmp(other->handler, route->handler) != 0 || strcmp(other->path, route->path) != 0)
            continue;
        if (!first)
            first = other;
        methods |= other->methods;
    }
    return first == route ? methods : 0;
}

/* The path below the mount, which always begins with a slash. */
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
    case M_GET: /* HEAD, too */
        return MT_ROUTE_GET;
    case M_POST:
        return MT_ROUTE_POST;
    default:
        return 0;
    }
}

static int is_from_elsewhere(const mt_request_t *request)
{
    const apr_table_t *headers = request->r->headers_in;
    mt_origin_t origin = {
        .host = apr_table_get(headers, "Host"),
        .sec_fetch_site = apr_table_get(headers, "Sec-Fetch-Site"),
        .origin = apr_table_get(headers, "Origin"),
        .referer = apr_table_get(headers, "Referer"),
    };
    int changes = request->r->method_number == M_POST || (request->route->methods & MT_ROUTE_CHANGES);
    return changes && !mt_origin_is_trusted(&origin);
}

static int serve(mt_request_t *request, const mt_mount_t *mount)
{
    request_rec *r = request->r;
    mt_route_match_t match =
        mt_route_match(r->pool, all_routes, mount->handler->name, get_method(r), get_path(r, mount));

    request->label = match.label;
    request->row = match.label ? match.row : mt_dispatch_other(request->handler);
    if (!match.allowed)
        return mt_request_fail(request, HTTP_NOT_FOUND, "There is nothing at this address.");
    if (r->method_number == M_OPTIONS || !match.route)
        apr_table_setn(r->headers_out, "Allow", mt_route_allow(r->pool, match.allowed));
    if (r->method_number == M_OPTIONS)
        return OK;
    if (!match.route)
        return mt_request_fail(request, HTTP_METHOD_NOT_ALLOWED, "This method is not allowed here.");

    request->route = match.route;
    request->argument = match.argument;
    if (is_from_elsewhere(request)) {
        mt_counters_increment(MT_METRIC_CSRF_REJECTED, 0);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "refused: a page of another site sent this request");
        int status = mount->handler->record ? mount->handler->record(request) : OK;
        if (status != OK)
            return status;
        return mt_request_fail(request, HTTP_FORBIDDEN, "This request came from a page of another site.");
    }
    return match.route->endpoint(request);
}

/* Completes what an endpoint has filled in, or has the handler write down why it failed. */
static void fill_in(mt_request_t *request, const mt_handler_t *handler, int status)
{
    if (status == OK)
        status = mt_response_check(request);
    if (status != OK) {
        mt_response_reset(&request->response, status);
        handler->fail(request, status);
    }
}

int mt_dispatch_handle(request_rec *r)
{
    const mt_mount_t *mount = mt_mount_get(r);
    if (!mount || !r->handler || strcmp(r->handler, mount->handler->name) != 0)
        return DECLINED;

    mt_request_t *request = mt_request_get(r);
    /* mod_rewrite may have led to another mount than the one that was found first. */
    request->handler = mount->handler;
    request->mount = mount->url;
    request->config = mt_config_get(r->server);
    request->query = mt_form_parse(r->pool, r->args, r->args ? strlen(r->args) : 0);
    request->read_only = r->header_only;
    request->response.status = HTTP_OK;
    mt_buffer_init(&request->response.body, r->pool, 0);

    mt_measure_begin();
    int status = serve(request, mount);
    mt_database_close(request);
    if (!request->is_answered)
        fill_in(request, mount->handler, status);
    mt_request_finish(request);
    mt_slow_log(request);
    mt_request_leave_body(request);
    /* What a filter answered is counted when it is logged. */
    status = request->is_answered ? AP_FILTER_ERROR : mt_response_send(request);
    mt_measure_end();
    return status;
}
