/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROUTE_H
#define MT_ROUTE_H

#include <apr_pools.h>

/* Finds the function that answers a request, by method and path. Several rows of the table may have the same path, one
 * for each method:
 *
 *     handler         methods  path           endpoint
 *     minitwit-web    GET      /login         show the form
 *     minitwit-web    POST     /login         log in
 *     minitwit-web    GET      /<username>    show a timeline
 *
 * The path alone decides first: it selects the template, which is also the label in metrics and logs. This works for a
 * request with an unsupported method, too, so that request gets 405 and an Allow header and not 404. */

struct mt_request_t;

/* Methods of a route. HEAD is a GET. Each route answers OPTIONS. */
#define MT_ROUTE_GET  1u
#define MT_ROUTE_POST 2u
/* A flag beside the methods: GET changes data, so requests from other sites are refused. For POST this is always so. */
#define MT_ROUTE_CHANGES 4u
/* A flag beside the methods: the answer is a file for programs, not a page for a visitor. */
#define MT_ROUTE_FILE 8u

/* One row of the routing table. */
typedef struct mt_route_t {
    const char *handler; /* the name in SetHandler */
    unsigned methods;    /* MT_ROUTE_… */
    const char *path;    /* below the mount; at most two segments in angle brackets, which match any text but "" */
    int (*endpoint)(struct mt_request_t *request); /* OK, or the HTTP status of a failure */
} mt_route_t;

typedef struct mt_route_match_t {
    const mt_route_t *route; /* NULL: no route for this method and path */
    const char *label;       /* the path template; NULL: the path is unknown */
    int row;                 /* the first row with this template; undefined if the path is unknown */
    const char *argument;    /* the text that matched the first segment in angle brackets; NULL: there is none */
    const char *argument2;   /* the same for the second one */
    unsigned allowed;        /* methods of the path; 0: the path is unknown */
} mt_route_match_t;

/* Looks up a decoded path. The first row that matches it decides the template, so fixed paths come first in the table.
 * Then the rows of this template are searched for the method. routes ends with a row without a handler. A segment in
 * angle brackets with more segments after it does not match "-", so no page of a user is below "/-/". The arguments
 * live in pool. */
mt_route_match_t mt_route_match(apr_pool_t *pool, const mt_route_t *routes, const char *handler, unsigned method,
                                const char *path);

/* Returns the path of a route, percent-encoded, in pool. The arguments replace the segments in angle brackets; NULL if
 * there are fewer. */
const char *mt_route_path(apr_pool_t *pool, const mt_route_t *route, const char *argument, const char *argument2);

/* Returns 1 if a path that ends in a slash is a folder: the beginning of the path of another route. */
int mt_route_is_folder(const mt_route_t *routes, const char *handler, const char *path);

/* Returns the value of an Allow header for these methods, in pool: "GET, HEAD, POST, OPTIONS". */
const char *mt_route_allow(apr_pool_t *pool, unsigned methods);

#endif
