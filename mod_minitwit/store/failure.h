/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FAILURE_H
#define MT_FAILURE_H

#include <apr_pools.h>
#include <apr_time.h>

/* Errors of the database, reduced to three questions that the code must answer after each of them. The first is for the
 * caller: which answer does the client get, and can it help to try again? The second is for the store: can a second
 * attempt help, and which step must come before it? The third is for people: what are the cause and the remedy? A table
 * in failure.c maps each SQLSTATE to the answers. */

/* The reason why an operation failed. The caller's answer and log message depend on it. */
typedef enum mt_store_failure_t {
    MT_STORE_OK,
    MT_STORE_UNAVAILABLE, /* the database is unreachable, overloaded, stopping or slow: it may work later */
    MT_STORE_REFUSED,     /* the database works, but refuses the statement or the login until an operator acts */
    MT_STORE_SCHEMA,      /* the same, because a table, column or privilege is missing */
    MT_STORE_DEFECT       /* any other error */
} mt_store_failure_t;

typedef struct mt_store_error_t {
    mt_store_failure_t failure;
    const char *statement; /* label of the statement that failed, or "connect" */
    char sqlstate[6];      /* "" if the server did not send one */
    const char *text;      /* the message of the server or of libpq, on one line; in the connection's pool */
    int is_late;           /* 1: the deadline passed, or that of one of several hosts */
    const char *cause;     /* NULL: that of the SQLSTATE */
    const char *advice;    /* NULL: that of the SQLSTATE */
    int unknown_fate;      /* 1: a write was sent, and it is unknown whether it was committed */
} mt_store_error_t;

/* The step that may help after the server has reported an error and rolled back. */
typedef enum mt_failure_remedy_t {
    MT_FAILURE_NONE,      /* none: the statement would fail again */
    MT_FAILURE_REPEAT,    /* repeat it */
    MT_FAILURE_PREPARE,   /* prepare it again, then repeat it */
    MT_FAILURE_RECONNECT, /* reconnect, then repeat it: this connection is useless */
    MT_FAILURE_UNKNOWN    /* this connection, or one behind the server, failed: the statement may be committed */
} mt_failure_remedy_t;

/* Returns the meaning of a SQLSTATE for the caller. "" means that the connection failed. */
mt_store_failure_t mt_failure_classify(const char *sqlstate);

/* Returns its meaning for the store. */
mt_failure_remedy_t mt_failure_remedy(const char *sqlstate);

/* Returns the cause for clients and health checks: a clause without names, such as "the database is read-only". */
const char *mt_failure_cause(const mt_store_error_t *error);

/* Returns the remedy for operators, in full sentences. */
const char *mt_failure_advise(const mt_store_error_t *error);

/* Sets *error except unknown_fate. The text is copied to pool, as one line. */
void mt_failure_note(mt_store_error_t *error, apr_pool_t *pool, const char *statement, const char *sqlstate,
                     const char *text);

/* The same for a deadline that has passed. timeout is the whole time of the operation. */
void mt_failure_note_late(mt_store_error_t *error, apr_pool_t *pool, const char *statement,
                          apr_interval_time_t timeout);

#endif
