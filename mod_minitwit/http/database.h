/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DATABASE_H
#define MT_DATABASE_H

#include "http/request.h"

/* A request borrows its connection from its child's pool. Borrow it late and return it early: never hold a connection
 * while you hash a password, read a body or send a response. */

/* Borrows a connection that works. Waits for the pool at most MinitwitPoolTimeout, whose default depends on the
 * handler. Until mt_database_close, further calls return the same connection. Returns OK and sets *connection, or fails
 * the request with 503. */
int mt_database_open(mt_request_t *request, mt_connection_t **connection);

/* Call this before mt_database_open in a request that may need the connection for a long time: a search. The child
 * allows it half of its pool's connections, so that the others stay free for pages, and it may wait for its turn as
 * long as for a connection. At most half of the child's threads serve searches or wait for their turn. Returns 0 if the
 * request may not search. It can still use a connection for something else. Otherwise the turn ends with
 * mt_database_close. */
int mt_database_begin_search(mt_request_t *request);

/* Returns the connection to the pool, after sending the statements that are still deferred. Does nothing if none is
 * borrowed. The dispatcher also calls it before it sends the response. */
void mt_database_close(mt_request_t *request);

/* The child_init hook. */
apr_status_t mt_database_child_init(apr_pool_t *pool, server_rec *first);

#endif
