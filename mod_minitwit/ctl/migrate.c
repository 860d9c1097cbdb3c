/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"

#include "admin/migration.h"
#include "store/schema.h"

#include <stdio.h>

static const char help[] =
    "Usage: minitwitctl migrate [--dsn CONNINFO] [--sql DIR]\n"
    "Runs the migrations that the database does not have yet, each in its own transaction. The site may\n"
    "keep running. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --sql DIR        folder of the migrations\n"
    "                   (" MT_SQL_DIR ")\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static void report(void *baton, int version, const char *file)
{
    int *count = baton;

    printf("%03d  %s\n", version, file);
    ++*count;
    /* A long migration should be seen while it runs. */
    fflush(stdout);
}

static const char *migrate(mt_ctl_t *ctl, const char *dir)
{
    mt_migration_result_t result = { .version = 0 };
    int count = 0;
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);

    if (!message)
        message = mt_migration_run(pg, ctl->pool, dir, report, &count, &result);
    PQfinish(pg);
    if (!message)
        printf("%sthe schema is at version %d\n", count == 0 ? "nothing to do: " : "", result.version);
    if (result.note)
        printf("%s", result.note);
    return message;
}

int mt_ctl_migrate_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *dir = MT_SQL_DIR;
    const mt_ctl_option_t options[] = { { "sql", &dir, NULL }, { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    return status == MT_CTL_GO_ON ? mt_ctl_finish(ctl, migrate(ctl, dir)) : status;
}
