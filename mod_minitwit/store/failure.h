/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FAILURE_H
#define MT_FAILURE_H

#include "store/connection.h"

/* What may help after an error of the server that surely undid the statement. */
typedef enum mt_failure_remedy_t {
    MT_FAILURE_NONE,      /* nothing: it would fail again */
    MT_FAILURE_REPEAT,    /* to run it once more */
    MT_FAILURE_PREPARE,   /* to prepare it again and run it once more */
    MT_FAILURE_RECONNECT, /* to run it once more on a new connection: this one is of no use any longer */
    MT_FAILURE_UNKNOWN    /* a connection failed somewhere behind the server: nothing is known to be undone */
} mt_failure_remedy_t;

/* What a SQLSTATE means to whoever asked. "": the connection failed. */
mt_store_failure_t mt_failure_classify(const char *sqlstate);

/* What it means to the store. */
mt_failure_remedy_t mt_failure_remedy(const char *sqlstate);

/* Notes an error in the connection; its text is kept on one line. */
void mt_failure_note(mt_connection_t *connection, const char *statement, const char *sqlstate, const char *text);

/* The same for a deadline that has passed. */
void mt_failure_note_late(mt_connection_t *connection, const char *statement);

#endif
