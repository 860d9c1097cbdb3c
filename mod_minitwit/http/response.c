/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/response.h"

#include "core/gzip.h"
#include "http/request_metrics.h"

#include <http_protocol.h>
#include <util_filter.h>

/* The Content-Security-Policy of a page. scripts: the directives for scripts; images: the sources of images. */
#define POLICY(scripts, images)                                                                                        \
    "default-src 'none'; " scripts "style-src 'self'; img-src 'self'" images                                           \
    "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
#define NO_SCRIPT  ""
#define OWN_SCRIPT "script-src 'self'; connect-src 'self'; "
#define OWN_IMAGES ""
#define GRAVATAR   " https://www.gravatar.com"

int mt_response_wants_gzip(const mt_request_t *request)
{
    const request_rec *r = request->r;

    /* The same conditions as in mod_deflate. The body of a subrequest becomes part of another page, and its headers are
     * not sent. Administrators set no-gzip to turn compression off, for example because a filter must read the body. */
    return !r->main && !apr_table_get(r->subprocess_env, "no-gzip") &&
           mt_gzip_is_wanted(apr_table_get(r->headers_in, "Accept-Encoding"));
}

void mt_response_set_encoding(mt_request_t *request, const char *encoding)
{
    request_rec *r = request->r;

    request->response.encoding = encoding;
    apr_table_mergen(r->headers_out, "Vary", "Accept-Encoding");
    /* mod_deflate ignores the weights in Accept-Encoding, so it might compress the plain form. */
    if (!encoding)
        apr_table_setn(r->subprocess_env, "no-gzip", "1");
}

void mt_response_reset(mt_response_t *response, int status)
{
    response->status = status;
    response->content_type = NULL;
    response->encoding = NULL;
    response->body.len = 0;
    response->caching = MT_CACHING_NO_STORE;
    response->etag = NULL;
}

static const char *cache_control(mt_caching_t caching)
{
    switch (caching) {
    case MT_CACHING_NO_CACHE:
        return "no-cache";
    case MT_CACHING_IMMUTABLE:
        return "public, max-age=31536000, immutable";
    default:
        return "no-store";
    }
}

/* Like ap_meets_conditions, but ignores conditions with dates, as RFC 9110, 13.1.3 and 13.1.4, requires for a resource
 * without a time of modification. ap_meets_conditions would use the current time instead. */
static int meets_conditions(request_rec *r)
{
    /* Conditions do not apply to an ErrorDocument. */
    if (!ap_is_HTTP_SUCCESS(r->status) || r->no_local_copy)
        return OK;
    if (ap_condition_if_match(r, r->headers_out) == AP_CONDITION_NOMATCH)
        return HTTP_PRECONDITION_FAILED;
    if (ap_condition_if_none_match(r, r->headers_out) >= AP_CONDITION_WEAK)
        return r->method_number == M_GET ? HTTP_NOT_MODIFIED : HTTP_PRECONDITION_FAILED;
    return OK;
}

static const char *get_policy(const mt_config_t *config, int has_script)
{
    if (config->gravatar)
        return has_script ? POLICY(OWN_SCRIPT, GRAVATAR) : POLICY(NO_SCRIPT, GRAVATAR);
    return has_script ? POLICY(OWN_SCRIPT, OWN_IMAGES) : POLICY(NO_SCRIPT, OWN_IMAGES);
}

void mt_response_protect_page(const mt_request_t *request, int has_script)
{
    apr_table_t *headers = request->r->headers_out;

    apr_table_setn(headers, "Content-Security-Policy", get_policy(request->config, has_script));
    apr_table_setn(headers, "X-Frame-Options", "DENY");
    /* Not no-referrer, because browsers would then send "Origin: null" from the site's own forms. */
    apr_table_setn(headers, "Referrer-Policy", "same-origin");
}

int mt_response_check(mt_request_t *request)
{
    request_rec *r = request->r;
    mt_response_t *response = &request->response;

    if (!response->etag || response->status != HTTP_OK)
        return OK;
    apr_table_setn(r->headers_out, "ETag", response->etag);
    int status = meets_conditions(r);
    if (status == OK || status == HTTP_NOT_MODIFIED) {
        response->status = status == OK ? HTTP_OK : status;
        return OK;
    }
    apr_table_unset(r->headers_out, "ETag");
    return mt_request_fail(request, status,
                           "The condition in the request's If-Match or If-None-Match header is not met.");
}

int mt_response_send(mt_request_t *request)
{
    request_rec *r = request->r;
    mt_response_t *response = &request->response;

    apr_table_setn(r->headers_out, "Cache-Control", cache_control(response->caching));
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (request->handler->needs_site && !request->config->indexing)
        apr_table_setn(r->headers_out, "X-Robots-Tag", "noindex");
    if (response->content_type)
        ap_set_content_type(r, response->content_type);

    /* httpd removes the headers that a 304 must not have. */
    if (response->status == HTTP_NOT_MODIFIED) {
        mt_request_metrics_answer(request, HTTP_NOT_MODIFIED);
        return HTTP_NOT_MODIFIED;
    }
    /* A page that is an ErrorDocument keeps the status of the original error. */
    if (response->status != HTTP_OK)
        r->status = response->status;
    r->content_encoding = response->encoding;
    if (response->status != HTTP_NO_CONTENT)
        ap_set_content_length(r, (apr_off_t)response->body.len);

    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, alloc);
    if (response->body.len > 0)
        APR_BRIGADE_INSERT_TAIL(brigade,
                                apr_bucket_pool_create(response->body.data, response->body.len, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(alloc));
    mt_request_metrics_answer(request, r->status);
    /* Ignore the result: it is no error here if the client has closed the connection. %X in the access log shows it. */
    ap_pass_brigade(r->output_filters, brigade);
    return OK;
}
