/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/migration.h"

#include "admin/database_rights.h"
#include "admin/schema_lock.h"
#include "core/file.h"
#include "store/schema.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_VERSION_MIN 150000
#define FILE_SIZE_MAX      (16 * 1024 * 1024) /* bytes of a migration */

/* The longest wait for a lock must be shorter than a request's time-out (MinitwitPoolTimeout), because requests wait
 * behind it. Autovacuum gives up its lock for a session that has waited for deadlock_timeout, which is usually a
 * second. So the migration sets it below its own limit, if it has the privilege. */
#define LOCK_TIMEOUT     "100ms"
#define DEADLOCK_TIMEOUT "50ms"
#define ATTEMPTS_MAX     10

/* The migration that adds the column works_with. */
#define FIRST_WITH_WORKS_WITH 4

#define OWNER_ROLE "minitwit_owner"
#define SITE_ROLE  "minitwit_site"

#define SQLSTATE_SIZE 6

typedef struct migration_t {
    PGconn *pg;
    apr_pool_t *pool;
    const char *dir;
    mt_migration_report_fn report;
    void *baton;
    char *sqlstate;                           /* of the last failure; "" if the server did not send one */
    const char *files[MT_SCHEMA_VERSION + 1]; /* by version; the first is unused */
} migration_t;

/* The functions below return NULL, or the message for the operator. */

static const char *describe_status(const migration_t *migration, apr_status_t rv)
{
    char text[256];

    return apr_pstrdup(migration->pool, apr_strerror(rv, text, sizeof(text)));
}

/* Returns NNN of NNN-name.sql, or 0 for another name, because the folder may have other files. */
static int parse_version(const char *name)
{
    apr_size_t len = strlen(name);

    if (len < sizeof("NNN-x.sql") - 1 || strcmp(name + len - 4, ".sql") != 0 || name[3] != '-')
        return 0;
    if (!apr_isdigit(name[0]) || !apr_isdigit(name[1]) || !apr_isdigit(name[2]))
        return 0;
    return (name[0] - '0') * 100 + (name[1] - '0') * 10 + (name[2] - '0');
}

static const char *add_file(migration_t *migration, const char *name)
{
    int version = parse_version(name);

    if (version == 0)
        return NULL;
    if (version > MT_SCHEMA_VERSION)
        return apr_psprintf(migration->pool,
                            "the folder \"%s\" contains \"%s\", but the newest migration of this build is %03d\n"
                            "  Name the folder that was installed with this build, or install the newer build.",
                            migration->dir, name, MT_SCHEMA_VERSION);
    if (migration->files[version])
        return apr_psprintf(migration->pool,
                            "the folder \"%s\" contains two migrations %03d: \"%s\" and \"%s\"\n  Delete one of them.",
                            migration->dir, version, migration->files[version], name);
    migration->files[version] = apr_pstrdup(migration->pool, name);
    return NULL;
}

static const char *list_files(migration_t *migration)
{
    apr_dir_t *dir;
    apr_finfo_t entry;
    const char *message = NULL;
    apr_status_t rv = apr_dir_open(&dir, migration->dir, migration->pool);

    if (rv != APR_SUCCESS)
        return apr_psprintf(migration->pool, "could not read the folder of migrations \"%s\": %s", migration->dir,
                            describe_status(migration, rv));
    while (!message && apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS)
        message = add_file(migration, entry.name);
    apr_dir_close(dir);
    for (int version = 1; version <= MT_SCHEMA_VERSION && !message; version++) {
        if (!migration->files[version])
            message = apr_psprintf(migration->pool,
                                   "the folder \"%s\" lacks migration %03d, which this build needs\n  Name the folder "
                                   "that was installed with this build.",
                                   migration->dir, version);
    }
    return message;
}

static const char *load_file(const migration_t *migration, const char *path, char **sql)
{
    apr_size_t len;
    apr_status_t rv = mt_file_read(migration->pool, path, FILE_SIZE_MAX, sql, &len);

    if (rv != APR_SUCCESS)
        return apr_psprintf(migration->pool, "could not read \"%s\": %s", path, describe_status(migration, rv));
    if (strlen(*sql) != len)
        return apr_psprintf(migration->pool, "\"%s\" is damaged: it contains a zero byte", path);
    return NULL;
}

/* Returns ":LINE" for the server's position of an error, or "". The position is in characters. */
static const char *describe_line(const migration_t *migration, const PGresult *result, const char *sql)
{
    const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    int line = 1;

    if (!field || !sql)
        return "";
    for (long position = strtol(field, NULL, 10); *sql; sql++) {
        if (((unsigned char)*sql & 0xC0) != 0x80 && --position == 0)
            break;
        line += *sql == '\n';
    }
    return apr_psprintf(migration->pool, ":%d", line);
}

/* Clears the result. step is the beginning of the message. For a migration it is the file, and sql is the file's text.
 */
static const char *check_result(const migration_t *migration, PGresult *result, const char *step, const char *sql)
{
    ExecStatusType status = PQresultStatus(result);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *message = NULL;

    if (status == PGRES_FATAL_ERROR && sqlstate && primary)
        message = apr_psprintf(migration->pool, "%s%s: %s (SQLSTATE %s)", step, describe_line(migration, result, sql),
                               primary, sqlstate);
    else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        message = apr_psprintf(migration->pool, "%s: %s", step, PQerrorMessage(migration->pg));
    if (message)
        apr_cpystrn(migration->sqlstate, sqlstate ? sqlstate : "", SQLSTATE_SIZE);
    PQclear(result);
    return message;
}

static const char *run_sql(const migration_t *migration, const char *sql, const char *step)
{
    return check_result(migration, PQexec(migration->pg, sql), step, NULL);
}

static const char *check_server(const migration_t *migration)
{
    const char *encoding = PQparameterStatus(migration->pg, "server_encoding");

    if (PQserverVersion(migration->pg) < SERVER_VERSION_MIN)
        return apr_psprintf(migration->pool, "the server is PostgreSQL %s, but this build needs 15 or newer",
                            PQparameterStatus(migration->pg, "server_version"));
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return apr_psprintf(migration->pool,
                            "the database \"%s\" has the encoding %s, but this build needs UTF8\n"
                            "  Create another database. Run: createdb --encoding=UTF8 --template=template0 NAME",
                            PQdb(migration->pg), encoding ? encoding : "unknown");
    return NULL;
}

/* All objects belong to one role, whichever role connects. */
static const char *become_owner(const migration_t *migration)
{
    PGresult *result = PQexec(migration->pg, "select pg_has_role(to_regrole('" OWNER_ROLE "'), 'member')::int, "
                                             "(to_regrole('" SITE_ROLE "') is not null)::int");
    int known, member, site_known;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return check_result(migration, result, "could not look up the roles", NULL);
    known = !PQgetisnull(result, 0, 0);
    member = known && strcmp(PQgetvalue(result, 0, 0), "1") == 0;
    site_known = strcmp(PQgetvalue(result, 0, 1), "1") == 0;
    PQclear(result);
    if (!known || !site_known)
        return apr_psprintf(
            migration->pool,
            "the role \"%s\" does not exist\n  Run as a superuser: psql -d postgres -f \"%s/roles.sql\"",
            known ? SITE_ROLE : OWNER_ROLE, migration->dir);
    if (!member)
        return apr_psprintf(migration->pool,
                            "the role \"%s\" may not change the schema\n"
                            "  Connect as " OWNER_ROLE " or as a member of it.",
                            PQuser(migration->pg));
    return run_sql(migration, "set role " OWNER_ROLE, "could not become " OWNER_ROLE);
}

static const char *load_schema(const migration_t *migration, mt_schema_t *schema)
{
    PGresult *result = PQexec(migration->pg, "select to_regclass('public.schema_version') is not null");

    memset(schema, 0, sizeof(*schema));
    if (PQresultStatus(result) == PGRES_TUPLES_OK && strcmp(PQgetvalue(result, 0, 0), "t") == 0) {
        PQclear(result);
        result = PQexec(migration->pg, "select version, coalesce((to_jsonb(s) ->> 'works_with')::int, version) "
                                       "from public.schema_version s union all select 0, 0 order by 1 desc limit 1");
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            schema->version = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
            schema->works_with = (int)strtol(PQgetvalue(result, 0, 1), NULL, 10);
        }
    }
    return check_result(migration, result, "could not read the schema version", NULL);
}

/* Only the newest row counts. During a migration, and after a failed step, it is the row of the last step that
 * succeeded. works_with is set only if its column exists already. */
static const char *note_version(const migration_t *migration, int version)
{
    const char *values[] = { apr_itoa(migration->pool, version), migration->files[version],
                             apr_itoa(migration->pool,
                                      version < MT_SCHEMA_WORKS_WITH ? version : MT_SCHEMA_WORKS_WITH) };
    PGresult *result =
        version < FIRST_WITH_WORKS_WITH
            ? PQexecParams(migration->pg, "insert into public.schema_version (version, name) values ($1, $2)", 2, NULL,
                           values, NULL, NULL, 0)
            : PQexecParams(migration->pg,
                           "insert into public.schema_version (version, name, works_with) values ($1, $2, $3)", 3, NULL,
                           values, NULL, NULL, 0);

    return check_result(migration, result, migration->files[version], NULL);
}

static const char *try_file(const migration_t *migration, int version, const char *path, const char *sql)
{
    /* An error below may have no SQLSTATE, so the previous one must not stay. */
    migration->sqlstate[0] = '\0';
    const char *message = run_sql(migration, "begin; set local lock_timeout to '" LOCK_TIMEOUT "'", path);
    PGresult *result;

    if (!message)
        message = check_result(migration, PQexec(migration->pg, sql), path, sql);
    if (!message && PQtransactionStatus(migration->pg) != PQTRANS_INTRANS)
        message = apr_psprintf(migration->pool,
                               "\"%s\" ends its transaction itself\n  Remove this statement, because each migration "
                               "must be one transaction.",
                               path);
    if (!message)
        message = note_version(migration, version);
    if (message) {
        PQclear(PQexec(migration->pg, "rollback"));
        return message;
    }
    result = PQexec(migration->pg, "commit");
    if (PQresultStatus(result) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        message = apr_psprintf(migration->pool, "%s: the server rolled the transaction back", path);
    if (message)
        PQclear(result);
    else
        message = check_result(migration, result, path, NULL);
    return message;
}

/* Tries again if the sessions that held the lock are gone, such as requests or an autovacuum that has given way. */
static const char *run_file(const migration_t *migration, int version, const char *path, const char *sql)
{
    if (migration->report)
        migration->report(migration->baton, version, migration->files[version]);
    for (int attempt = 1;; attempt++) {
        const char *message = try_file(migration, version, path, sql);
        if (!message || strcmp(migration->sqlstate, MT_SCHEMA_LOCK_NOT_AVAILABLE) != 0)
            return message;
        const char *holders = mt_schema_lock_describe_holders(migration->pg, migration->pool, sql);
        if (*holders || attempt == ATTEMPTS_MAX)
            return apr_pstrcat(migration->pool, path, ": could not obtain a lock within " LOCK_TIMEOUT,
                               *holders ? holders : "\n  Find the sessions that hold it in pg_locks.", NULL);
    }
}

static const char *run_files(const migration_t *migration, mt_migration_result_t *reached)
{
    for (int version = reached->version + 1; version <= MT_SCHEMA_VERSION; version++) {
        const char *path = apr_pstrcat(migration->pool, migration->dir, "/", migration->files[version], NULL);
        char *sql = NULL;
        const char *message = load_file(migration, path, &sql);

        if (!message)
            message = run_file(migration, version, path, sql);
        if (message)
            return message;
        reached->version = version;
    }
    return NULL;
}

static const char *run_missing(const migration_t *migration, mt_migration_result_t *reached)
{
    mt_schema_t schema;
    const char *message = load_schema(migration, &schema);

    if (message)
        return message;
    reached->version = schema.version;
    if (mt_schema_fit(&schema) == MT_SCHEMA_TOO_NEW)
        return apr_pstrcat(migration->pool, mt_schema_describe(&schema, migration->pool), "\n  ",
                           mt_schema_advise(&schema), NULL);
    message = run_files(migration, reached);
    /* Leaves an old database as it is, because an operator may have granted other rights since. Limits the rights even
     * if a later file failed, because the next run cannot distinguish this database from an old one. */
    if (schema.version == 0 && reached->version > 0) {
        const char *problem = mt_database_rights_limit(migration->pg, migration->pool, &reached->note);
        message = message ? message : problem;
    }
    return message;
}

const char *mt_migration_run(PGconn *pg, apr_pool_t *pool, const char *dir, mt_migration_report_fn report, void *baton,
                             mt_migration_result_t *result)
{
    char sqlstate[SQLSTATE_SIZE] = "";
    migration_t migration = {
        .pg = pg, .pool = pool, .dir = dir, .report = report, .baton = baton, .sqlstate = sqlstate
    };
    const char *message = list_files(&migration);

    if (!message)
        message = check_server(&migration);
    if (message)
        return message;
    /* The files do not qualify names with a schema. The site's time-outs must not cancel a long migration. */
    message = run_sql(&migration,
                      "set client_encoding to 'UTF8'; set search_path to public; set client_min_messages to warning; "
                      "set statement_timeout to 0; set lock_timeout to 0; set idle_in_transaction_session_timeout to 0",
                      "could not prepare the session");
    if (!message)
        message = run_sql(&migration,
                          "select set_config('deadlock_timeout', '" DEADLOCK_TIMEOUT "', false) "
                          "where has_parameter_privilege('deadlock_timeout', 'set')",
                          "could not prepare the session");
    if (!message)
        message = become_owner(&migration);
    if (!message)
        message = mt_schema_lock_take(pg, pool);
    if (!message) {
        message = run_missing(&migration, result);
        mt_schema_lock_release(pg);
    }
    PQclear(PQexec(pg, "reset role; reset all"));
    return message;
}
