/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DATABASE_H
#define MT_DATABASE_H

#include "http/request.h"

/* Connections come from mod_dbd's pool. Borrow late, give back early: never hold one while hashing a password, reading
 * a body or sending a response. */

/* Borrows a connection that answers, waiting for the pool no longer than configured. The same one as long as it is not
 * closed. Returns OK and sets *connection, or fails the request with 503. */
int mt_database_open(mt_request_t *request, mt_connection_t **connection);

/* Gives it back; what was deferred and not sent yet is sent. Harmless when none is borrowed. The dispatcher calls it,
 * too, before it sends the response. */
void mt_database_close(mt_request_t *request);

/* Hooks. */
apr_status_t mt_database_post_config(apr_pool_t *pconf);
apr_status_t mt_database_child_init(apr_pool_t *pool, server_rec *first);

#endif
