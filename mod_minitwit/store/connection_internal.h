/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONNECTION_INTERNAL_H
#define MT_CONNECTION_INTERNAL_H

#include "store/connection.h"
#include "store/link.h"
#include "store/value.h"

/* Only files of the store may use this. */
struct mt_connection_t {
    mt_link_t link;
    apr_pool_t *pool;
    const char *conninfo;
    apr_interval_time_t timeout;
    mt_store_error_t error;
    const mt_observer_t *observer; /* NULL: none */
    void *baton;
    int lost;                             /* 1: an operation has lost the connection, so later ones fail at once */
    char deferred[MT_VALUE_INTEGER_SIZE]; /* parameter of the deferred MT_STATEMENT_SIMULATOR_RECORD; "": none */
};

/* Replaces the PGconn by a new one before the current deadline, or notes the error. */
apr_status_t mt_connection_reconnect(mt_connection_t *connection);

/* Set the connection's error: see store/failure.h. */
void mt_connection_note(mt_connection_t *connection, const char *statement, const char *sqlstate, const char *text);
void mt_connection_note_late(mt_connection_t *connection, const char *statement);

#endif
