/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/ctl.h"

#include "store/schema.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
    "Usage: minitwitctl migrate [--dsn CONNINFO] [--sql DIR]\n"
    "Runs the migrations that the database does not have yet, each in a transaction. Connect as\n"
    "minitwit_owner, or as a member of it. The site may go on running.\n"
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
    /* A long migration should be seen while it runs. */
    fflush(stdout);
    ++*count;
}

static int migrate(mt_ctl_t *ctl, const char *dir)
{
    int count = 0;
    const char *problem;
    PGconn *pg = mt_ctl_connect(ctl);

    if (!pg)
        return MT_CTL_FAILED;
    problem = mt_schema_migrate(pg, ctl->pool, dir, report, &count);
    PQfinish(pg);
    if (problem) {
        mt_ctl_complain(ctl, "%s", problem);
        return MT_CTL_FAILED;
    }
    if (count == 0)
        printf("nothing to do: ");
    printf("the schema is at version %d\n", MT_SCHEMA_VERSION);
    return MT_CTL_OK;
}

int mt_migrate_run(mt_ctl_t *ctl, int argc, char **argv)
{
    static const struct option options[] = {
        { "dsn", required_argument, NULL, 'd' },
        { "help", no_argument, NULL, 'h' },
        { "sql", required_argument, NULL, 's' },
        { NULL, 0, NULL, 0 },
    };
    const char *dir = MT_SQL_DIR;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            ctl->dsn = optarg;
            break;
        case 'h':
            return mt_ctl_print(ctl, help);
        case 's':
            dir = optarg;
            break;
        default:
            return mt_ctl_hint(ctl);
        }
    }
    if (optind < argc)
        return mt_ctl_refuse(ctl, "\"%s\" is no option: it takes nothing else", argv[optind]);
    return migrate(ctl, dir);
}
