/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REQUEST_H
#define MT_REQUEST_H

#include "core/buffer.h"
#include "core/form.h"
#include "core/route.h"
#include "http/config.h"
#include "store/connection.h"

/* The caches that may keep a response, and for how long. */
typedef enum mt_caching_t {
    MT_CACHING_NO_STORE, /* none; the default */
    MT_CACHING_NO_CACHE, /* any, but must revalidate it each time */
    MT_CACHING_IMMUTABLE /* any, for a year */
} mt_caching_t;

/* The response. An endpoint fills it in, and http/response sends it. */
typedef struct mt_response_t {
    int status; /* 200 unless set */
    const char *content_type;
    const char *encoding; /* content coding of the body; NULL: none */
    mt_buffer_t body;     /* empty at first */
    mt_caching_t caching;
    const char *etag;    /* with its quotation marks; NULL: none */
    const char *problem; /* of a failure: the text for the client */
    int is_lasting;      /* 1: a failure that only an operator can end */
} mt_response_t;

/* The parts of a request's time, in microseconds. */
typedef struct mt_timing_t {
    apr_interval_time_t receiving;  /* waiting for the client to send the body */
    apr_interval_time_t connecting; /* waiting for a database connection */
    apr_interval_time_t hashing;    /* hashing a password, including the wait for a permit */
    apr_interval_time_t statements[MT_STATEMENT_COUNT];
} mt_timing_t;

/* One request to a mounted path. It begins when httpd finds the mount, and lives in the pool of httpd's request. Until
 * the dispatcher gets it, and if httpd itself refuses the request, all members from config on are 0, except for began,
 * which is set, and duration, which is negative. */
typedef struct mt_request_t {
    request_rec *r;
    apr_pool_t *pool;  /* r->pool */
    apr_pool_t *brief; /* see mt_request_brief; NULL: not needed yet */
    const mt_handler_t *handler;
    const char *mount; /* the prefix of URLs, percent-encoded: "" for "/", or for example "/api" */
    const mt_config_t *config;
    const mt_route_t *route;
    const char *label;     /* the path template of the route; NULL: no route fits the path */
    int row;               /* row of the routing table, see mt_router_row */
    const char *user;      /* the user of the session, or of the API's credentials; NULL: none */
    int is_anonymous;      /* 1: the database has no valid session for the cookie */
    const char *argument;  /* the value of the template's first <segment>: decoded, valid UTF-8; NULL: none */
    const char *argument2; /* the same for the second one */
    mt_form_t *query;
    mt_form_t *form; /* the fields of the body that mt_request_form could decode, also if it failed; NULL: not read */
    const unsigned char *session;   /* the token's hash of a session that began in this request; NULL: none */
    int is_answered;                /* 1: an input filter of httpd has already sent an answer */
    int is_read;                    /* 1: the whole body has been read */
    int read_only;                  /* 1 for HEAD: answer as for GET, but change nothing, not even a cookie */
    int is_speculative;             /* 1: the browser loads the page before its user opens it (core/origin.h) */
    int is_searching;               /* 1: between mt_database_begin_search and mt_database_close */
    struct mt_lease_t *lease;       /* the borrowed connection (http/database.h); NULL: none */
    struct mt_cache_claim_t *claim; /* the answer that the cache does not have (http/cache.h); NULL: none */
    mt_timing_t timing;
    int is_measured;              /* 1: mt_request_metrics_answer was called */
    apr_int64_t began;            /* when httpd had read the header, by mt_timestamp_monotonic() */
    apr_interval_time_t duration; /* from then until the response is ready, without timing.receiving, in microseconds;
                                   * negative: not yet known */
    mt_response_t response;
} mt_request_t;

/* Makes the request for a mounted path and attaches it to httpd's request. mount: the prefix of URLs. */
void mt_request_begin(request_rec *r, const mt_handler_t *handler, const char *mount);

/* The request that belongs to httpd's request. NULL if its path is not mounted, or if httpd refused it before it looked
 * at the path. */
mt_request_t *mt_request_get(const request_rec *r);

/* Returns the pool that is destroyed before the response is sent. It is for objects of other libraries, which a cleanup
 * frees (http/signals.h). The first call makes the pool, because an answer from the cache does not need it. */
apr_pool_t *mt_request_brief(mt_request_t *request);

/* Sets the request's duration. Call it once, when the response is ready. */
void mt_request_finish(mt_request_t *request);

/* Fails the request: stores the problem, the text for the client, and returns the status. An endpoint returns OK if it
 * has filled in the response, or else the status of the failure:
 *     return mt_request_fail(request, HTTP_NOT_FOUND, "There is no such user.");
 * The dispatcher then calls the handler's fail function, which makes a page or JSON of it. The other functions below
 * fail the request in the same way. */
int mt_request_fail(mt_request_t *request, int status, const char *problem);

/* Fails the request with 503 and Retry-After, for a cause that may soon be over. cause: a clause for the client. */
int mt_request_postpone(mt_request_t *request, const char *cause);

/* Fails the request with 503, for a cause that lasts until an operator acts. cause: a clause for the client. */
int mt_request_refuse(mt_request_t *request, const char *cause);

/* Logs the store's error and fails the request: with 503 and Retry-After, or with 500 for a defect of this module. */
int mt_request_fail_store(mt_request_t *request, const mt_connection_t *connection);

/* Redirects with 302. path: below the mount, with or without a query, for example "/public". */
int mt_request_redirect(mt_request_t *request, const char *path);

/* Reads the whole body. *data: NUL-terminated, in the request's pool. Returns OK, or fails the request: with 413 if the
 * body is larger than the configured size, with 400 if the client did not send all of it, and with 415 if it has a
 * content coding that no input filter has decoded. */
int mt_request_body(mt_request_t *request, const char **data, apr_size_t *len);

/* Call this before you send the answer. It ensures that no worker spends time on a body that the request has not read.
 */
void mt_request_leave_body(mt_request_t *request);

/* Reads an urlencoded body. Fails as mt_request_body does, with 415 for another content type, and with 400 if the body
 * cannot be decoded. */
int mt_request_form(mt_request_t *request, mt_form_t **form);

/* 1 if the client's connection is encrypted: it ends here, or at a proxy (MinitwitProxyTLS). */
int mt_request_is_secure(const mt_request_t *request);

/* The value of a cookie of this mount, or NULL. name: "session" or "flash". The cookie's full name depends on whether
 * the connection is secure (core/cookie.h). */
const char *mt_request_cookie(mt_request_t *request, const char *name);

/* Sets a cookie. max_age: in seconds; 0 deletes the cookie; negative: it lasts until the browser closes. */
void mt_request_set_cookie(mt_request_t *request, const char *name, const char *value, long max_age);

#endif
