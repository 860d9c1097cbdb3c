/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FAILURE_H
#define MT_FAILURE_H

#include <apr_pools.h>
#include <apr_time.h>

/* The reason why an operation of the store failed. The caller answers and logs by it. */
typedef enum mt_store_failure_t {
    MT_STORE_OK,
    MT_STORE_UNAVAILABLE, /* the database is away, overloaded, shutting down, read-only or too slow: it may work later */
    MT_STORE_SCHEMA,      /* a table, column or right is missing: the schema is not the one that this build needs */
    MT_STORE_DEFECT       /* anything else */
} mt_store_failure_t;

typedef struct mt_store_error_t {
    mt_store_failure_t failure;
    const char *statement; /* label of the statement that failed, or "connect" */
    char sqlstate[6];      /* "" when the server did not send one */
    const char *text;      /* the message of the server or of libpq, on one line; in the connection's pool */
    int unknown_fate;      /* 1: a write was sent, and it is unknown whether it was committed */
} mt_store_error_t;

/* The step that may help after an error of the server that has undone the statement. */
typedef enum mt_failure_remedy_t {
    MT_FAILURE_NONE,      /* nothing: it would fail again */
    MT_FAILURE_REPEAT,    /* to run it once more */
    MT_FAILURE_PREPARE,   /* to prepare it again and run it once more */
    MT_FAILURE_RECONNECT, /* to run it once more on a new connection: this one is of no use any longer */
    MT_FAILURE_UNKNOWN    /* a connection failed somewhere behind the server: nothing is known to be undone */
} mt_failure_remedy_t;

/* The meaning of a SQLSTATE for the caller. "": the connection failed. */
mt_store_failure_t mt_failure_classify(const char *sqlstate);

/* Its meaning for the store. */
mt_failure_remedy_t mt_failure_remedy(const char *sqlstate);

/* Fills in *error except unknown_fate. The text is copied to pool, on one line. */
void mt_failure_note(mt_store_error_t *error, apr_pool_t *pool, const char *statement, const char *sqlstate,
                     const char *text);

/* The same for a deadline that has passed. timeout: the whole time that was allowed. */
void mt_failure_note_late(mt_store_error_t *error, apr_pool_t *pool, const char *statement,
                          apr_interval_time_t timeout);

#endif
