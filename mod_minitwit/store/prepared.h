/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PREPARED_H
#define MT_PREPARED_H

#include "store/statement.h"

#include <libpq-fe.h>

#define MT_PREPARED_NAME_SIZE 64

/* What the server knows on a connection: which statements are prepared, and how long one may take. It belongs to the PGconn and lives as long; whoever resets the
 * connection, the pool's own check included, makes it empty. */
typedef struct mt_prepared_t {
    unsigned generation; /* part of the names, so that one that was forgotten, but is still there, is in nobody's way */
    unsigned char known[MT_STATEMENT_COUNT];
    int statement_timeout;      /* what the server was told, in milliseconds; 0: nothing yet */
    void (*opened)(int change); /* NULL: nobody wants to know */
} mt_prepared_t;

/* The memory of a connection, made when it has none. NULL when there is no memory left. */
mt_prepared_t *mt_prepared_get(PGconn *pg);

/* Tells opened of this connection, once, and of its end. */
void mt_prepared_observe(PGconn *pg, void (*opened)(int change));

/* Makes it empty. */
void mt_prepared_forget(mt_prepared_t *prepared);

/* Writes the name of a statement on the server, and returns it. */
const char *mt_prepared_name(const mt_prepared_t *prepared, mt_statement_id_t id, char name[MT_PREPARED_NAME_SIZE]);

#endif
