/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/simulator.h"

#include "store/exchange.h"

void mt_simulator_record(mt_connection_t *connection, apr_int64_t latest)
{
    mt_value_format_integer(connection->deferred, latest);
}

apr_status_t mt_simulator_latest(mt_connection_t *connection, apr_int64_t *latest)
{
    return mt_exchange_number(connection, MT_STATEMENT_SIMULATOR_LATEST, NULL, latest);
}
