/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/schema.h"

#include "store/exchange.h"

#include <apr_strings.h>
#include <string.h>

apr_status_t mt_schema_load(mt_connection_t *connection, mt_schema_t *schema)
{
    static const char undefined_table[] = "42P01";
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_SCHEMA_VERSION, NULL, &result);

    memset(schema, 0, sizeof(*schema));
    if (rv == APR_SUCCESS) {
        schema->version = (int)mt_value_integer(result, 0, 0);
        schema->works_with = (int)mt_value_integer(result, 0, 1);
    }
    else if (rv == APR_EGENERAL && strcmp(mt_connection_error(connection)->sqlstate, undefined_table) == 0)
        rv = APR_SUCCESS;
    PQclear(result);
    return rv;
}

mt_schema_fit_t mt_schema_fit(const mt_schema_t *schema)
{
    if (schema->version < MT_SCHEMA_VERSION)
        return MT_SCHEMA_TOO_OLD;
    return schema->works_with <= MT_SCHEMA_VERSION ? MT_SCHEMA_FITS : MT_SCHEMA_TOO_NEW;
}

const char *mt_schema_describe(const mt_schema_t *schema, apr_pool_t *pool)
{
    static const char *const subjects[] = {
        [MT_SCHEMA_FITS] = "the database schema",
        [MT_SCHEMA_TOO_OLD] = "the database schema is too old: it",
        [MT_SCHEMA_TOO_NEW] = "the database schema is too new: it",
    };

    if (schema->version == 0)
        return apr_psprintf(pool, "the database has no schema, but this build needs version %d", MT_SCHEMA_VERSION);
    return apr_psprintf(pool, "%s has version %d, %s this build needs %d", subjects[mt_schema_fit(schema)],
                        schema->version, mt_schema_fit(schema) == MT_SCHEMA_FITS ? "and" : "but", MT_SCHEMA_VERSION);
}

const char *mt_schema_advise(const mt_schema_t *schema)
{
    mt_schema_fit_t fit = mt_schema_fit(schema);

    if (fit == MT_SCHEMA_FITS)
        return NULL;
    if (fit == MT_SCHEMA_TOO_NEW)
        return "Install the versions of mod_minitwit and minitwitctl that belong to the schema.";
    return schema->version == 0 ? "Run minitwitctl migrate as minitwit_owner."
                                : "Make a backup, then run minitwitctl migrate as minitwit_owner.";
}

apr_status_t mt_schema_max_connections(mt_connection_t *connection, int *max_connections)
{
    apr_int64_t loaded;
    apr_status_t rv = mt_exchange_number(connection, MT_STATEMENT_SCHEMA_MAX_CONNECTIONS, NULL, &loaded);

    if (rv == APR_SUCCESS)
        *max_connections = (int)loaded;
    return rv;
}
