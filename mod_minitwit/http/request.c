/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/request.h"

#include "core/cookie.h"
#include "core/timestamp.h"
#include "http/counters.h"
#include "http/dbhealth.h"
#include "http/log.h"
#include "http/requestid.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>

APLOG_USE_MODULE(minitwit);

/* Seconds. A restart of PostgreSQL takes about as long as the first. An operator needs longer. */
#define RETRY_AFTER         "2"
#define RETRY_AFTER_LASTING "60"

void mt_request_begin(request_rec *r, const struct mt_handler_t *handler, const char *mount)
{
    mt_request_t *request = apr_pcalloc(r->pool, sizeof(*request));
    request->r = r;
    request->pool = r->pool;
    request->handler = handler;
    request->mount = mount;
    request->began = mt_timestamp_monotonic();
    request->duration = -1;
    mt_requestid_assign(r);
    ap_set_module_config(r->request_config, &minitwit_module, request);
}

mt_request_t *mt_request_get(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &minitwit_module);
}

void mt_request_finish(mt_request_t *request)
{
    request->duration = mt_timestamp_monotonic() - request->began - request->timing.receiving;
}

apr_pool_t *mt_request_brief(mt_request_t *request)
{
    if (!request->brief)
        apr_pool_create(&request->brief, request->pool);
    return request->brief;
}

int mt_request_fail(mt_request_t *request, int status, const char *problem)
{
    request->response.problem = problem;
    /* An earlier failure of this request, which this one replaces, may have set the header. */
    apr_table_unset(request->r->headers_out, "Accept-Encoding");
    if (status == HTTP_SERVICE_UNAVAILABLE || status == HTTP_TOO_MANY_REQUESTS)
        apr_table_setn(request->r->headers_out, "Retry-After", RETRY_AFTER);
    return status;
}

int mt_request_postpone(mt_request_t *request, const char *cause)
{
    const char *problem = apr_psprintf(
        request->pool, "The request could not be completed, because %s. Please try again in a few seconds.", cause);

    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE, problem);
}

int mt_request_refuse(mt_request_t *request, const char *cause)
{
    request->response.is_lasting = 1;
    mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                    apr_psprintf(request->pool,
                                 "The request failed, because %s. Only the operators of this site can change this.",
                                 cause));
    apr_table_setn(request->r->headers_out, "Retry-After", RETRY_AFTER_LASTING);
    return HTTP_SERVICE_UNAVAILABLE;
}

static mt_db_error_t classify(const mt_store_error_t *error)
{
    switch (error->failure) {
    case MT_STORE_UNAVAILABLE:
        return strcmp(error->statement, "connect") == 0 ? MT_DB_ERROR_CONNECT : MT_DB_ERROR_UNAVAILABLE;
    case MT_STORE_REFUSED:
        return MT_DB_ERROR_REFUSED;
    case MT_STORE_SCHEMA:
        return MT_DB_ERROR_SCHEMA;
    default:
        return MT_DB_ERROR_DEFECT;
    }
}

int mt_request_fail_store(mt_request_t *request, const mt_connection_t *connection)
{
    const mt_store_error_t *error = mt_connection_error(connection);
    mt_counters_increment(MT_METRIC_DB_ERRORS, classify(error));
    mt_dbhealth_note_failure(request->config->health, error->failure != MT_STORE_UNAVAILABLE);
    const char *kind = apr_pstrcat(request->pool, "database: ", error->statement, " failed",
                                   error->sqlstate[0] ? ", SQLSTATE " : "", error->sqlstate, NULL);
    mt_log_request(APLOG_MARK, APLOG_ERR, 0, request->r, kind, "%s: %s. %s", kind, error->text,
                   mt_failure_advise(error));
    if (error->failure == MT_STORE_DEFECT)
        return mt_request_fail(request, HTTP_INTERNAL_SERVER_ERROR, "Something went wrong on our side.");
    if (error->failure != MT_STORE_UNAVAILABLE)
        return mt_request_refuse(request, mt_failure_cause(error));
    return mt_request_postpone(request, mt_failure_cause(error));
}

int mt_request_redirect(mt_request_t *request, const char *path)
{
    request->response.status = HTTP_MOVED_TEMPORARILY;
    apr_table_setn(request->r->headers_out, "Location", apr_pstrcat(request->pool, request->mount, path, NULL));
    return OK;
}

/* A form takes up to three bytes for each byte of a character, and a character has up to four. */
#define CHARACTER_MAX    12
#define OTHER_FIELDS_MAX 256

static int fail_too_large(mt_request_t *request)
{
    const mt_config_t *config = request->config;
    apr_int64_t needed = config->message_max * CHARACTER_MAX + OTHER_FIELDS_MAX;

    if (config->body_max < needed)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "refused a body of more than MinitwitBodyLimit",
                       "refused a body of more than MinitwitBodyLimit (%" APR_INT64_T_FMT
                       " bytes), which does not fit MinitwitMessageLimit (%" APR_INT64_T_FMT
                       " characters): set \"MinitwitBodyLimit %" APR_INT64_T_FMT "\" or more, or lower "
                       "MinitwitMessageLimit",
                       config->body_max, config->message_max, needed);
    return mt_request_fail(request, HTTP_REQUEST_ENTITY_TOO_LARGE, "The request's body is too large.");
}

/* Reads the body to its end and appends it. Fails the request with 413 if it has more than max bytes. */
static int read_body(mt_request_t *request, mt_buffer_t *body, apr_size_t max)
{
    request_rec *r = request->r;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int is_complete = 0;

    while (!is_complete) {
        apr_status_t rv = ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES, APR_BLOCK_READ, HUGE_STRING_LEN);
        if (rv != APR_SUCCESS) {
            int status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
            /* AP_FILTER_ERROR means that a filter has sent an answer. But httpd also returns it if it could not send
             * "100 Continue" because the client has closed the connection. No answer was sent in this case, so httpd
             * would report an internal error (500). */
            if (status == AP_FILTER_ERROR && r->connection->aborted)
                status = HTTP_BAD_REQUEST;
            request->is_answered = status == AP_FILTER_ERROR;
            return mt_request_fail(request, status, "The request's body could not be read.");
        }
        for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
             bucket = APR_BUCKET_NEXT(bucket)) {
            const char *piece;
            apr_size_t piece_len;
            if (APR_BUCKET_IS_EOS(bucket)) {
                is_complete = 1;
                break;
            }
            if (APR_BUCKET_IS_METADATA(bucket))
                continue;
            if (apr_bucket_read(bucket, &piece, &piece_len, APR_BLOCK_READ) != APR_SUCCESS)
                return mt_request_fail(request, HTTP_BAD_REQUEST, "The request's body could not be read.");
            if (piece_len > max - body->len)
                return fail_too_large(request);
            mt_buffer_append(body, piece, piece_len);
        }
        apr_brigade_cleanup(brigade);
    }
    return OK;
}

/* Returns 1 if the body has a content coding. mod_deflate removes the header when it decodes a body. */
static int is_encoded(const request_rec *r)
{
    static const char separators[] = ", \t";
    const char *codings = apr_table_get(r->headers_in, "Content-Encoding");

    while (codings && *codings) {
        apr_size_t len = strcspn(codings, separators);
        if (len > 0 && (len != strlen("identity") || strncasecmp(codings, "identity", len) != 0))
            return 1;
        codings += len;
        codings += strspn(codings, separators);
    }
    return 0;
}

int mt_request_body(mt_request_t *request, const char **data, apr_size_t *len)
{
    apr_size_t max = (apr_size_t)request->config->body_max;
    const char *declared = apr_table_get(request->r->headers_in, "Content-Length");
    apr_off_t size = 0;
    mt_buffer_t body;

    /* httpd has already refused a length that is not a number. A chunked body declares no length, and the length of a
     * compressed body is not that of its content. Therefore read_body checks the size again. */
    if (declared && apr_strtoff(&size, declared, NULL, 10) != APR_SUCCESS)
        size = (apr_off_t)max + 1;
    if (size > (apr_off_t)max)
        return fail_too_large(request);

    mt_buffer_init(&body, request->pool, (apr_size_t)size);
    apr_time_t began = mt_timestamp_monotonic();
    int status = read_body(request, &body, max);
    request->timing.receiving += mt_timestamp_monotonic() - began;
    if (status != OK)
        return status;
    request->is_read = 1;
    if (body.len > 0 && is_encoded(request->r)) {
        status = mt_request_fail(request, HTTP_UNSUPPORTED_MEDIA_TYPE,
                                 "The request's body is compressed. Send it without Content-Encoding.");
        apr_table_setn(request->r->headers_out, "Accept-Encoding", "identity");
        return status;
    }
    *data = mt_buffer_text(&body);
    *len = body.len;
    return OK;
}

/* Before the next request on a connection, httpd reads and discards the rest of the body, so a slow client occupies a
 * worker. It does not do so if the connection is marked to be closed. Then it waits only a short time for the client
 * before it closes the connection. */
void mt_request_leave_body(mt_request_t *request)
{
    request_rec *r = request->r;
    const char *declared = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t size = 0;

    if (request->is_read)
        return;
    if (declared && apr_strtoff(&size, declared, NULL, 10) != APR_SUCCESS)
        size = APR_INT64_MAX;
    if (apr_table_get(r->headers_in, "Transfer-Encoding") || size > (apr_off_t)request->config->body_max)
        r->connection->keepalive = AP_CONN_CLOSE;
}

static int is_urlencoded(const char *content_type)
{
    static const char expected[] = "application/x-www-form-urlencoded";
    apr_size_t len = sizeof(expected) - 1;
    if (!content_type || strncasecmp(content_type, expected, len) != 0)
        return 0;
    return content_type[len] == '\0' || content_type[len] == ';' || content_type[len] == ' ';
}

int mt_request_form(mt_request_t *request, mt_form_t **form)
{
    const char *data;
    apr_size_t len;
    int status = mt_request_body(request, &data, &len);
    if (status != OK)
        return status;
    *form = request->form = mt_form_parse(request->pool, data, len);
    if (len > 0 && !is_urlencoded(apr_table_get(request->r->headers_in, "Content-Type")))
        return mt_request_fail(request, HTTP_UNSUPPORTED_MEDIA_TYPE,
                               "A form must be sent as application/x-www-form-urlencoded.");
    if (mt_form_is_malformed(*form))
        return mt_request_fail(request, HTTP_BAD_REQUEST,
                               "The form could not be read. It must be percent-encoded and valid UTF-8.");
    return OK;
}

int mt_request_is_secure(const mt_request_t *request)
{
    return request->config->proxy_tls || ap_ssl_conn_is_ssl(request->r->connection);
}

static const char *cookie_path(const mt_request_t *request)
{
    return *request->mount ? request->mount : "/";
}

static const char *cookie_name(const mt_request_t *request, const char *name)
{
    return mt_cookie_name(request->pool, apr_pstrcat(request->pool, "minitwit_", name, NULL), cookie_path(request),
                          mt_request_is_secure(request));
}

const char *mt_request_cookie(mt_request_t *request, const char *name)
{
    return mt_cookie_get(request->pool, apr_table_get(request->r->headers_in, "Cookie"), cookie_name(request, name));
}

void mt_request_set_cookie(mt_request_t *request, const char *name, const char *value, long max_age)
{
    mt_cookie_t cookie = {
        .name = cookie_name(request, name),
        .value = value,
        .path = cookie_path(request),
        .max_age = max_age,
        .secure = mt_request_is_secure(request),
    };
    apr_table_addn(request->r->err_headers_out, "Set-Cookie", mt_cookie_format(request->pool, &cookie));
}
