/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/backup/restore.h"
#include "ctl/commands.h"

#include "admin/audit.h"
#include "admin/database_rights.h"
#include "admin/plain.h"
#include "core/escape.h"
#include "ctl/backup/pgtools.h"
#include "store/schema.h"
#include "store/value.h"

#include <apr_strings.h>
#include <stdio.h>

/* The version of the schema that introduced the table audit. */
#define FIRST_WITH_AUDIT 5

static const char help[] =
    "Usage: minitwitctl restore [--dsn CONNINFO] FILE\n"
    "Restores a backup, FOLDER/minitwit-TIME.dump, into an empty database, and compares the result with\n"
    "the manifest beside it, minitwit-TIME.json. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const char *check_empty(const mt_ctl_t *ctl, PGconn *pg)
{
    PGresult *result;
    const char *message = mt_plain_run(
        pg, ctl->pool, "select count(*) from pg_class where relnamespace = 'public'::regnamespace", 0, NULL, &result);

    if (message)
        return message;
    apr_int64_t count = mt_value_integer(result, 0, 0);
    PQclear(result);
    if (count == 0)
        return NULL;
    return apr_psprintf(
        ctl->pool,
        "the database \"%s\" is not empty\n  Nothing was changed. Create another database with \"createdb "
        "-T template0 -E UTF8 -O minitwit_owner NAME\", restore into it, and rename both.",
        PQdb(pg));
}

const char *mt_ctl_restore_into(const mt_ctl_t *ctl, PGconn *pg, const char *dump, const mt_manifest_t *manifest)
{
    mt_contents_t found;
    const char *difference, *message = check_empty(ctl, pg);

    if (!message)
        message = mt_ctl_pgtools_restore(ctl, pg, "minitwit_owner", dump);
    if (!message)
        message = mt_contents_load(pg, ctl->pool, &found);
    if (message)
        return message;
    difference = mt_contents_compare(ctl->pool, &manifest->contents, &found);
    if (!difference)
        return NULL;
    return apr_psprintf(ctl->pool, "\"%s\" was restored, but the database \"%s\" differs from the backup: %s", dump,
                        PQdb(pg), difference);
}

const char *mt_ctl_restore_advise(const mt_ctl_t *ctl, const mt_manifest_t *manifest)
{
    if (manifest->contents.schema_version >= MT_SCHEMA_VERSION)
        return "";
    return apr_psprintf(ctl->pool, "  This build needs version %d. After the restore, run: minitwitctl migrate\n",
                        MT_SCHEMA_VERSION);
}

static const char *describe(const mt_ctl_t *ctl, const mt_manifest_t *manifest)
{
    mt_buffer_t json;

    mt_buffer_init(&json, ctl->pool, 64);
    mt_buffer_append_text(&json, "{");
    mt_escape_json_member(&json, "taken_at", manifest->taken_at);
    mt_buffer_append_text(&json, "}");
    return mt_buffer_text(&json);
}

/* Adds the parts that the dump lacks: statistics, the rights on the database, and the entry in the audit. */
static const char *complete(const mt_ctl_t *ctl, PGconn *pg, const mt_manifest_t *manifest, const char **note)
{
    /* Without statistics, the planner guesses until autovacuum runs. PostgreSQL warns about each catalog that the owner
     * may not analyze. */
    const char *message = mt_plain_do(pg, ctl->pool, "set client_min_messages to error", 0, NULL);

    if (!message)
        message = mt_plain_do(pg, ctl->pool, "analyze", 0, NULL);
    if (!message)
        message = mt_database_rights_limit(pg, ctl->pool, note);
    /* A backup of an older build may have no table for the audit. */
    if (!message && manifest->contents.schema_version >= FIRST_WITH_AUDIT)
        message = mt_audit_add(pg, ctl->pool, "restore", "", describe(ctl, manifest));
    return message;
}

static const char *restore(const mt_ctl_t *ctl, const char *dump)
{
    mt_manifest_t manifest = { .bytes = 0 };
    PGconn *pg = NULL;
    const char *note = NULL;
    const char *message = mt_ctl_manifest_load(ctl, dump, &manifest);

    if (!message)
        message = mt_ctl_manifest_check(ctl, dump, &manifest);
    if (!message)
        message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = mt_ctl_restore_into(ctl, pg, dump, &manifest);
    if (!message)
        message = complete(ctl, pg, &manifest, &note);
    if (!message)
        printf("the database \"%s\" is as it was at %s, with schema version %d\n%s%s", PQdb(pg), manifest.taken_at,
               manifest.contents.schema_version, mt_ctl_restore_advise(ctl, &manifest), note ? note : "");
    PQfinish(pg);
    return message;
}

int mt_ctl_restore_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const mt_ctl_option_t options[] = { { NULL, NULL, NULL } };
    int status = mt_ctl_parse_one(ctl, argc, argv, help, options, "the backup");

    if (status != MT_CTL_GO_ON)
        return status;
    return mt_ctl_finish(ctl, restore(ctl, ctl->operands[0]));
}
