/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/simulator.h"

#include "store/connection_internal.h"
#include "store/exchange.h"

#include <apr_strings.h>

void mt_simulator_record(mt_connection_t *connection, apr_int64_t latest)
{
    mt_value_format_integer(connection->deferred, latest);
}

apr_status_t mt_simulator_flush(mt_connection_t *connection)
{
    /* This is a copy, because the deferred text is cleared on success but a second attempt may need it. */
    const char *latest = apr_pstrdup(connection->pool, connection->deferred);

    return *latest ? mt_exchange_write(connection, MT_STATEMENT_SIMULATOR_RECORD, &latest, APR_SUCCESS) : APR_SUCCESS;
}

apr_status_t mt_simulator_latest(mt_connection_t *connection, apr_int64_t *latest)
{
    return mt_exchange_number(connection, MT_STATEMENT_SIMULATOR_LATEST, NULL, latest);
}
