/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SIMULATOR_H
#define MT_SIMULATOR_H

#include "store/connection.h"

/* Records the simulator's newest action id. Nothing is sent yet: the write travels, in the same round trip and before
 * it, with the connection's next operation, or with mt_simulator_flush(). It stays also when that operation fails. */
void mt_simulator_record(mt_connection_t *connection, apr_int64_t latest);

/* Sends the write that mt_simulator_record has deferred, unless an operation has done so already. */
apr_status_t mt_simulator_flush(mt_connection_t *connection);

/* The newest id recorded; -1 before any. */
apr_status_t mt_simulator_latest(mt_connection_t *connection, apr_int64_t *latest);

#endif
