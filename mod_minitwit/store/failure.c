/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/failure.h"

#include <apr_strings.h>
#include <string.h>

#define RESTART                                                                                                        \
    "PostgreSQL cannot load one of its files, for example because its packages were updated while it ran. Restart "    \
    "PostgreSQL, and read its log."
#define DOCTOR  "Run minitwitctl doctor as minitwit_owner, and follow its advice."
#define DAMAGED "Read PostgreSQL's log and the log of its machine's kernel. If data is damaged, restore a backup."
#define LOGIN                                                                                                          \
    "Compare the role, the password and the database in DBDParams with PostgreSQL's pg_hba.conf, and read "            \
    "PostgreSQL's log, which states the reason."
#define WRITABLE                                                                                                       \
    "If the server is a standby, name all servers in DBDParams, with target_session_attrs=read-write. Otherwise "      \
    "reset default_transaction_read_only. minitwitctl doctor shows which is the case."

#define CONFLICT                                                                                                       \
    "Requests that change the same rows at the same time can cause this now and then. If it continues, PostgreSQL's "  \
    "log names the statements. Look for another program that changes the site's tables."
#define LOCKED "Find the session that holds the lock: select pid, query, pg_blocking_pids(pid) from pg_stat_activity."

typedef struct row_t {
    const char *prefix;
    mt_store_failure_t failure;
    mt_failure_remedy_t remedy;
    const char *cause;  /* NULL: that of the failure */
    const char *advice; /* NULL: that of the failure */
} row_t;

/* Each row is a SQLSTATE or the beginning of several. The first row that matches counts. */
static const row_t table[] = {
    /* The prepared statement no longer exists, its name is taken, or a migration changed its columns. */
    { "26000", MT_STORE_DEFECT, MT_FAILURE_PREPARE, NULL, NULL },
    { "42P05", MT_STORE_DEFECT, MT_FAILURE_PREPARE, NULL, NULL },
    { "0A000", MT_STORE_DEFECT, MT_FAILURE_PREPARE, NULL, NULL },
    /* Serialization failure, deadlock. */
    { "40001", MT_STORE_UNAVAILABLE, MT_FAILURE_REPEAT, "other changes came first", CONFLICT },
    { "40P01", MT_STORE_UNAVAILABLE, MT_FAILURE_REPEAT, "other changes came first", CONFLICT },
    /* Foreign key: the statement found a user and waited for a lock while the user was deleted. The second attempt
     * looks for the user again. */
    { "23503", MT_STORE_UNAVAILABLE, MT_FAILURE_REPEAT, "other changes came first", CONFLICT },
    /* The server became a standby: another host in the connection string may now be the primary. Or
     * default_transaction_read_only is on, and a new connection changes nothing. */
    { "25006", MT_STORE_REFUSED, MT_FAILURE_RECONNECT, "the database is read-only", WRITABLE },
    /* Cancelled by an administrator or by statement_timeout. */
    { "57014", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE, "the database ended a statement that took too long",
      "Look for load and for sessions that hold locks in pg_stat_activity. The limit is MinitwitDatabaseTimeout. An "
      "administrator can also end a statement." },
    { "57P04", MT_STORE_REFUSED, MT_FAILURE_RECONNECT, "the database was deleted", "Restore a backup." },
    /* The other codes of class 57P end the connection. */
    { "57P", MT_STORE_UNAVAILABLE, MT_FAILURE_RECONNECT, "the database is starting or stopping", NULL },
    { "08", MT_STORE_UNAVAILABLE, MT_FAILURE_UNKNOWN, NULL, NULL },
    { "53100", MT_STORE_REFUSED, MT_FAILURE_NONE, "the disk of the database is full",
      "Free space on PostgreSQL's disk." },
    { "53300", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE, "the database accepts no more connections",
      "Lower DBDMax, or raise max_connections." },
    { "53400", MT_STORE_REFUSED, MT_FAILURE_NONE, "a limit of the database is too low",
      "Raise the limit that the message names." },
    /* Out of memory; lock_timeout. */
    { "53", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE, "the database is overloaded", NULL },
    { "55P03", MT_STORE_UNAVAILABLE, MT_FAILURE_NONE, "another session locks a part of the database", LOCKED },
    /* A full cluster that needs VACUUM gives 54000. */
    { "54000", MT_STORE_REFUSED, MT_FAILURE_NONE, "the database accepts no changes",
      "Follow the hint for this message in PostgreSQL's log." },
    { "58P01", MT_STORE_REFUSED, MT_FAILURE_NONE, "the database server cannot load one of its files", RESTART },
    /* Errors of the server's operating system; damaged data and other internal errors. */
    { "58", MT_STORE_REFUSED, MT_FAILURE_NONE, "the database server has a fault", DAMAGED },
    { "XX", MT_STORE_REFUSED, MT_FAILURE_NONE, "the database server has a fault", DAMAGED },
    { "F0", MT_STORE_REFUSED, MT_FAILURE_NONE, "the database server has a fault", "Read PostgreSQL's log." },
    /* The schema has no triggers and no code in a procedural language, so somebody has added these. */
    { "P0", MT_STORE_REFUSED, MT_FAILURE_NONE, "a trigger in the database refuses the change",
      "The trigger is not a part of mod_minitwit. Find it with \\d in psql, and correct or drop it." },
    /* The server refuses the login, or has no such database. */
    { "28", MT_STORE_REFUSED, MT_FAILURE_NONE, "the database refuses the login of the site", LOGIN },
    { "3D000", MT_STORE_REFUSED, MT_FAILURE_NONE, "there is no database of that name", LOGIN },
    { "42501", MT_STORE_SCHEMA, MT_FAILURE_NONE, "the site lacks a right in the database", NULL },
    /* No such table, column, function, object or schema. */
    { "42P01", MT_STORE_SCHEMA, MT_FAILURE_NONE, NULL, NULL },
    { "42703", MT_STORE_SCHEMA, MT_FAILURE_NONE, NULL, NULL },
    { "42883", MT_STORE_SCHEMA, MT_FAILURE_NONE, NULL, NULL },
    { "42704", MT_STORE_SCHEMA, MT_FAILURE_NONE, NULL, NULL },
    { "3F000", MT_STORE_SCHEMA, MT_FAILURE_NONE, NULL, NULL },
    { "", MT_STORE_DEFECT, MT_FAILURE_NONE, NULL, NULL },
};

static const row_t *find(const char *sqlstate)
{
    const row_t *row = table;
    while (strncmp(sqlstate, row->prefix, strlen(row->prefix)) != 0)
        row++;
    return row;
}

mt_store_failure_t mt_failure_classify(const char *sqlstate)
{
    return *sqlstate ? find(sqlstate)->failure : MT_STORE_UNAVAILABLE;
}

mt_failure_remedy_t mt_failure_remedy(const char *sqlstate)
{
    return *sqlstate ? find(sqlstate)->remedy : MT_FAILURE_UNKNOWN;
}

const char *mt_failure_cause(const mt_store_error_t *error)
{
    const row_t *row = find(error->sqlstate);

    if (error->cause)
        return error->cause;
    if (*error->sqlstate && row->cause)
        return row->cause;
    switch (error->failure) {
    case MT_STORE_UNAVAILABLE:
        return strcmp(error->statement, "connect") == 0 ? "the database cannot be reached"
                                                        : "the database does not answer";
    case MT_STORE_SCHEMA:
        return "the database schema is incomplete";
    default:
        return "the database rejects a statement";
    }
}

const char *mt_failure_advise(const mt_store_error_t *error)
{
    const row_t *row = find(error->sqlstate);

    if (error->advice)
        return error->advice;
    if (*error->sqlstate && row->advice)
        return row->advice;
    switch (error->failure) {
    case MT_STORE_UNAVAILABLE:
        return error->unknown_fate ? "It is unknown whether the write was committed. Read PostgreSQL's log."
                                   : "Check that PostgreSQL runs and answers. Requests get 503 until it does.";
    case MT_STORE_SCHEMA:
        return DOCTOR;
    default:
        return "This is a defect of mod_minitwit. Please report it with this line.";
    }
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
    error->is_late = 0;
    error->cause = error->advice = NULL;
    error->statement = statement;
    apr_cpystrn(error->sqlstate, sqlstate, sizeof(error->sqlstate));
    error->text = line;
}

void mt_failure_note_late(mt_store_error_t *error, apr_pool_t *pool, const char *statement, apr_interval_time_t timeout)
{
    const char *text =
        apr_psprintf(pool, "no answer from the database within %" APR_TIME_T_FMT " ms", apr_time_as_msec(timeout));

    mt_failure_note(error, pool, statement, "", text);
    error->is_late = 1;
}
