/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SIMULATOR_H
#define MT_SIMULATOR_H

#include "store/connection.h"

/* Records the simulator's newest action id. Nothing is sent yet. The write goes in the round trip of the connection's
 * next operation, before its statements, or with mt_simulator_flush(). It lasts even if that operation fails. */
void mt_simulator_record(mt_connection_t *connection, apr_int64_t latest);

/* Sends the write that mt_simulator_record has deferred, unless an operation has sent it already. */
apr_status_t mt_simulator_flush(mt_connection_t *connection);

/* Loads the newest recorded id, or -1 if there is none. */
apr_status_t mt_simulator_latest(mt_connection_t *connection, apr_int64_t *latest);

#endif
