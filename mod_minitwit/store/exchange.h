/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXCHANGE_H
#define MT_EXCHANGE_H

#include "store/connection.h"
#include "store/link.h"
#include "store/statement.h"
#include "store/value.h"

/* Only the store's own files look inside. */
struct mt_connection_t {
    mt_link_t link;
    apr_pool_t *pool;
    apr_interval_time_t timeout;
    mt_store_error_t error;
    const mt_observer_t *observer; /* NULL: none */
    void *baton;
    int lost;                             /* an operation ended with a bad connection: no other one tries */
    char deferred[MT_VALUE_INTEGER_SIZE]; /* parameter of the deferred MT_STATEMENT_SIMULATOR_RECORD; "": none */
};

/* Runs a statement, and the deferred one before it, in one round trip and one transaction, which is committed when this
 * returns APR_SUCCESS. values: as many texts as the statement has parameters. *result: PQclear it.
 * APR_EEXIST: a unique key is taken. APR_EGENERAL: the error is noted in the connection. */
apr_status_t mt_exchange_run(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                             PGresult **result);

/* The same, under the deadline of the connection's former statement: for operations of more than one. */
apr_status_t mt_exchange_continue(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                  PGresult **result);

/* mt_exchange_run for a write. Returns none, like APR_ENOENT, in the place of APR_SUCCESS when it met no row. */
apr_status_t mt_exchange_write(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                               apr_status_t none);

/* mt_exchange_run for a statement that returns one number. */
apr_status_t mt_exchange_number(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                apr_int64_t *number);

/* Sends the deferred statement alone, if there is one. */
apr_status_t mt_exchange_flush(mt_connection_t *connection);

/* Connects anew under the running deadline, or notes the error. */
apr_status_t mt_exchange_connect(mt_connection_t *connection);

#endif
