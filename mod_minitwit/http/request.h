/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REQUEST_H
#define MT_REQUEST_H

#include "core/buffer.h"
#include "core/form.h"
#include "core/route.h"
#include "http/config.h"
#include "store/connection.h"

/* How long an answer may be kept by whom. */
typedef enum mt_caching_t {
    MT_CACHING_NO_STORE, /* nowhere: the default */
    MT_CACHING_NO_CACHE, /* only if asked again each time */
    MT_CACHING_IMMUTABLE /* by anybody, for a year */
} mt_caching_t;

/* What an endpoint fills in, and http/response sends. */
typedef struct mt_response_t {
    int status; /* 200 unless set */
    const char *content_type;
    const char *encoding; /* of the body, a content coding; NULL: none */
    mt_buffer_t body;     /* empty at first */
    mt_caching_t caching;
    const char *etag;    /* with its quotation marks; NULL: none */
    const char *problem; /* for a failure: what to tell the client */
} mt_response_t;

/* Where a request's time went, in microseconds. */
typedef struct mt_timing_t {
    apr_interval_time_t receiving;  /* until the client had sent the body */
    apr_interval_time_t connecting; /* until a database connection was lent */
    apr_interval_time_t hashing;    /* until a password was hashed, the wait for a permit included */
    apr_interval_time_t statements[MT_STATEMENT_COUNT];
} mt_timing_t;

/* One request to a mounted path, from the moment that httpd finds the mount. Lives in its pool. Until the dispatcher
 * has it, and for good when httpd itself refuses the request, everything behind mount is 0, and duration negative. */
typedef struct mt_request_t {
    request_rec *r;
    apr_pool_t *pool; /* r->pool */
    const mt_handler_t *handler;
    const char *mount; /* what URLs begin with, percent-encoded: "" when mounted at "/", else like "/api" */
    const mt_config_t *config;
    const mt_route_t *route;
    const char *label;    /* the path template of the route; NULL: no route has such a path */
    int row;              /* where that template stands in the routing table, see mt_router_row */
    const char *user;     /* who asks: signed in on the site, or by the API's credentials; NULL: nobody in particular */
    int is_anonymous;     /* 1: the database says that nobody is signed in, whatever cookie there is */
    const char *argument; /* what stood for the template's <segment>: decoded, valid UTF-8; NULL: none */
    mt_form_t *query;
    int is_answered;                /* 1: an input filter of httpd has sent an answer already */
    int is_read;                    /* 1: nothing of the body is left */
    int read_only;                  /* HEAD: answer as GET would, but change nothing, not even a cookie */
    struct mt_lease_t *lease;       /* the borrowed connection, see http/database.h; NULL: none */
    int is_pool_empty;              /* 1: none could be borrowed, because others hold them all */
    struct mt_cache_claim_t *claim; /* what http/cache.h remembers of an answer that was looked for; NULL: nothing */
    mt_timing_t timing;
    int is_measured;              /* 1: the answer is ready, and counted */
    apr_int64_t began;            /* when its header was there, by mt_timestamp_monotonic() */
    apr_interval_time_t duration; /* from then until the response was handed to httpd, without the time that
                                   * the client took to send the body, in microseconds; negative: not yet */
    mt_response_t response;
} mt_request_t;

/* Begins a request to a mounted path; httpd's request remembers it. */
void mt_request_begin(request_rec *r, const mt_handler_t *handler, const char *mount);

/* The request to a mounted path that httpd's request is; NULL: it is to another path, or httpd refused it before it
 * looked at the path. */
mt_request_t *mt_request_get(const request_rec *r);

/* Notes how long the request took. To be called once, when the response is there. */
void mt_request_finish(mt_request_t *request);

/* Endpoints return OK once the response is filled in, or the status of a failure; that is what these return, for use as
 *     return mt_request_fail(request, HTTP_NOT_FOUND, "There is no such user.");
 * The dispatcher then lets the handler write the failure down in its own form: a page, or JSON. */
int mt_request_fail(mt_request_t *request, int status, const char *problem);

/* Logs why the store failed, once, and fails with 503 and Retry-After (or 500 for a defect of ours). */
int mt_request_fail_store(mt_request_t *request, const mt_connection_t *connection);

/* Answers 302 to a path below the mount ("/public", or with a query). */
int mt_request_redirect(mt_request_t *request, const char *path);

/* Reads the whole body, at most the configured size. *data: NUL-terminated, in the request's pool. Fails with 413, or
 * 400 when the client broke off. */
int mt_request_body(mt_request_t *request, const char **data, apr_size_t *len);

/* Before the answer is sent: sees to it that no worker is kept busy with what nobody has read of the body. */
void mt_request_leave_body(mt_request_t *request);

/* Reads an urlencoded body. Fails also with 415 for another content type, 400 for what cannot be decoded. */
int mt_request_form(mt_request_t *request, mt_form_t **form);

/* A cookie of this mount, under the name that fits its security (core/cookie.h). name: "session", "flash". */
const char *mt_request_cookie(mt_request_t *request, const char *name);

/* max_age in seconds; 0 deletes; negative: until the browser closes. */
void mt_request_set_cookie(mt_request_t *request, const char *name, const char *value, long max_age);

#endif
