/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DISPATCH_H
#define MT_DISPATCH_H

#include "http/request.h"

/* What SetHandler can name. */
typedef struct mt_handler_t {
    const char *name;
    int needs_site;        /* 1: it renders pages, so templates are loaded */
    int needs_credentials; /* 1: its clients send the API's credentials */
    int needs_watch;       /* 1: it shows what is read from the database in the background */
    int last_segment; /* 1: only the last segment of the path counts (health), so that a Location may name it whole */
    int (*record)(mt_request_t *request); /* writes down what counts although the request is refused for where it comes
                                           * from; OK, or another failure. NULL: nothing */
    void (*fail)(mt_request_t *request, int status); /* fills in the response for a failure: status, body and type;
                                                      * response.problem says what to tell, never NULL */
} mt_handler_t;

/* Tells the dispatcher of all handlers (ends with a row without a name) and routes. Once, from the module's hooks. */
void mt_dispatch_register(const mt_handler_t *handlers, const mt_route_t *routes);

/* The handler hook. */
int mt_dispatch_handle(request_rec *r);

/* Finds the names that cannot be usernames, since something else stands where their pages would: the first segments of the
 * site's fixed routes, and what mt_mount_list_hidden() knows. Once the configuration was read. pool: that of the configuration. */
void mt_dispatch_reserve(apr_pool_t *pool, const server_rec *first);

/* These names. Ends with NULL. */
const char *const *mt_dispatch_reserved(void);

/* Rows, for metrics: those of the routing table, and behind them one for each handler, for whatever no route of it fits. */
int mt_dispatch_rows(void);

/* The handler of a row, and its *route: NULL for those that no route fits. */
const mt_handler_t *mt_dispatch_row(int row, const mt_route_t **route);

/* The row of a handler for whatever no route of it fits. */
int mt_dispatch_other(const mt_handler_t *handler);

/* The methods that this template's rows serve together; 0 when the template has a row before this one. */
unsigned mt_dispatch_methods(const mt_route_t *route);

/* The handler of that name, or NULL. */
const mt_handler_t *mt_dispatch_handler(const char *name);

#endif
