/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROUTE_H
#define MT_ROUTE_H

#include <apr_pools.h>

struct mt_request_t;

/* Methods of a route. HEAD goes where GET does; OPTIONS is answered for every route. */
#define MT_ROUTE_GET  1u
#define MT_ROUTE_POST 2u
/* Beside the methods: even GET changes something here, so that requests from other sites are refused. POST always
 * counts as such. */
#define MT_ROUTE_CHANGES 4u

/* One row of the routing table. */
typedef struct mt_route_t {
    const char *handler; /* the name that SetHandler gives */
    unsigned methods;    /* MT_ROUTE_… */
    const char *path;    /* below the mount; a segment in angle brackets stands for any one that is not empty. It is
                          * the route's label in metrics and logs too. At most one such segment a path. */
    int (*endpoint)(struct mt_request_t *request); /* OK, or the HTTP status of a failure */
} mt_route_t;

typedef struct mt_route_match_t {
    const mt_route_t *route; /* NULL: nothing serves this method here */
    const char *label;       /* the path template; NULL: the path is unknown */
    int row;                 /* the first row with that template; meaningless when the path is unknown */
    const char *argument;    /* what stood for the segment in angle brackets, NULL when there is none */
    unsigned allowed;        /* methods that the path knows; 0: the path is unknown */
} mt_route_match_t;

/* Looks a decoded path up. The first row whose path fits decides which template it is (so put fixed paths first), then
 * that template's rows are searched for the method. routes ends with a row without a handler. */
mt_route_match_t mt_route_match(apr_pool_t *pool, const mt_route_t *routes, const char *handler, unsigned method,
                                const char *path);

/* The value of an Allow header for these methods: "GET, HEAD, POST, OPTIONS". */
const char *mt_route_allow(apr_pool_t *pool, unsigned methods);

#endif
