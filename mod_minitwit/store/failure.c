/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/failure.h"

#include <apr_strings.h>
#include <string.h>

/* Each row is a SQLSTATE or the beginning of several. The first row that matches counts. */
static const struct {
    const char *prefix;
    mt_store_failure_t failure;
    mt_failure_remedy_t remedy;
} table[] = {
    /* The prepared statement no longer exists, its name is taken, or a migration changed its columns. */
    { "26000", MT_STORE_DEFECT, MT_FAILURE_PREPARE },
    { "42P05", MT_STORE_DEFECT, MT_FAILURE_PREPARE },
    { "0A000", MT_STORE_DEFECT, MT_FAILURE_PREPARE },
    /* Serialization failure, deadlock. */
    { "40001", MT_STORE_UNAVAILABLE, MT_FAILURE_REPEAT },
    { "40P01", MT_STORE_UNAVAILABLE, MT_FAILURE_REPEAT },
    /* Foreign key: the statement found a user and waited for a lock while the user was deleted. The second attempt
     * looks for the user again. */
    { "23503", MT_STORE_UNAVAILABLE, MT_FAILURE_REPEAT },
    /* The server became a standby. Another host in the connection string may now be the primary. */
    { "25006", MT_STORE_UNAVAILABLE, MT_FAILURE_RECONNECT },
    /* Cancelled by an administrator or by statement_timeout. The other codes of class 57P end the connection. */
    { "57014", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE },
    { "57P", MT_STORE_UNAVAILABLE, MT_FAILURE_RECONNECT },
    { "08", MT_STORE_UNAVAILABLE, MT_FAILURE_UNKNOWN },
    /* Out of connections, memory or disk; lock_timeout; an error of the server's operating system. */
    { "53", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE },
    { "55P03", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE },
    { "58", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE },
    /* No such table, column, function, object or schema, or no privilege. */
    { "42P01", MT_STORE_SCHEMA, MT_FAILURE_NONE },
    { "42703", MT_STORE_SCHEMA, MT_FAILURE_NONE },
    { "42883", MT_STORE_SCHEMA, MT_FAILURE_NONE },
    { "42704", MT_STORE_SCHEMA, MT_FAILURE_NONE },
    { "3F000", MT_STORE_SCHEMA, MT_FAILURE_NONE },
    { "42501", MT_STORE_SCHEMA, MT_FAILURE_NONE },
    { "", MT_STORE_DEFECT, MT_FAILURE_NONE },
};

static int find(const char *sqlstate)
{
    int row = 0;
    while (strncmp(sqlstate, table[row].prefix, strlen(table[row].prefix)) != 0)
        row++;
    return row;
}

mt_store_failure_t mt_failure_classify(const char *sqlstate)
{
    return *sqlstate ? table[find(sqlstate)].failure : MT_STORE_UNAVAILABLE;
}

mt_failure_remedy_t mt_failure_remedy(const char *sqlstate)
{
    return *sqlstate ? table[find(sqlstate)].remedy : MT_FAILURE_UNKNOWN;
}

void mt_failure_note(mt_store_error_t *error, apr_pool_t *pool, const char *statement, const char *sqlstate,
                     const char *text)
{
    char *line = apr_pstrdup(pool, text && *text ? text : "no reason given");
    apr_size_t len = strlen(line);

    while (len > 0 && strchr("\r\n ", line[len - 1]))
        line[--len] = '\0';
    for (char *c = line; *c; c++) {
        if (strchr("\r\n\t", *c))
            *c = ' ';
    }
    error->failure = mt_failure_classify(sqlstate);
    error->statement = statement;
    apr_cpystrn(error->sqlstate, sqlstate, sizeof(error->sqlstate));
    error->text = line;
}

void mt_failure_note_late(mt_store_error_t *error, apr_pool_t *pool, const char *statement, apr_interval_time_t timeout)
{
    const char *text =
        apr_psprintf(pool, "no answer from the database within %" APR_TIME_T_FMT " ms", apr_time_as_msec(timeout));

    mt_failure_note(error, pool, statement, "", text);
}
