/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PREPARED_H
#define MT_PREPARED_H

#include "store/statement.h"

#include <libpq-fe.h>

#define MT_PREPARED_NAME_SIZE 64

/* The state of the server's session: its prepared statements and its statement_timeout. The server parses and plans a
 * prepared statement once per session, so each statement is prepared at its first use and only run afterwards.
 *
 * A PGconn moves between requests. The state must follow it, so it is attached to the PGconn (PQsetInstanceData) and
 * freed with it by an event handler. */
typedef struct mt_prepared_t {
    unsigned
        generation; /* part of the names, so that they differ from those of forgotten statements that still exist */
    unsigned char known[MT_STATEMENT_COUNT];
    int statement_timeout;      /* milliseconds; 0: not set yet */
    void (*opened)(int change); /* see mt_observer_t; NULL: none */
} mt_prepared_t;

/* Returns the state of a connection, which it creates if there is none. Returns NULL if there is not enough memory. */
mt_prepared_t *mt_prepared_get(PGconn *pg);

/* Calls opened for this connection, once, and again when the connection is closed. */
void mt_prepared_observe(PGconn *pg, void (*opened)(int change));

/* Clears the state. */
void mt_prepared_forget(mt_prepared_t *prepared);

/* Writes the statement's name on the server to name. Returns name. */
const char *mt_prepared_name(const mt_prepared_t *prepared, mt_statement_id_t id, char name[MT_PREPARED_NAME_SIZE]);

#endif
