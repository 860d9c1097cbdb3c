/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/schema.h"

#include "store/exchange.h"

#include <string.h>

static apr_status_t load_number(mt_connection_t *connection, mt_statement_id_t id, int *number)
{
    apr_int64_t loaded;
    apr_status_t rv = mt_exchange_number(connection, id, NULL, &loaded);

    if (rv == APR_SUCCESS)
        *number = (int)loaded;
    return rv;
}

apr_status_t mt_schema_version(mt_connection_t *connection, int *version)
{
    static const char undefined_table[] = "42P01";
    apr_status_t rv = load_number(connection, MT_STATEMENT_SCHEMA_VERSION, version);

    if (rv == APR_EGENERAL && strcmp(mt_connection_error(connection)->sqlstate, undefined_table) == 0) {
        *version = 0;
        rv = APR_SUCCESS;
    }
    return rv;
}

apr_status_t mt_schema_max_connections(mt_connection_t *connection, int *max_connections)
{
    return load_number(connection, MT_STATEMENT_SCHEMA_MAX_CONNECTIONS, max_connections);
}
