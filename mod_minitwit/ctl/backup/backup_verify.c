/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/backup/restore.h"
#include "ctl/commands.h"

#include "admin/plain.h"

#include <apr_strings.h>
#include <signal.h>
#include <stdio.h>

static const char help[] =
    "Usage: minitwitctl backup verify [--dsn CONNINFO] FILE\n"
    "Restores a backup into the temporary database minitwit_verify, compares it with the manifest, and\n"
    "drops it. You can use any server that has the site's roles. Connect as a role that may create\n"
    "databases and is a member of minitwit_owner.\n"
    "\n"
    "Options:\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static void go_on(int number)
{
    (void)number;
}

/* A signal from the terminal also ends pg_restore. This program must survive it, to drop the temporary database. */
static void outlive_signals(void)
{
    static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
    const struct sigaction action = { .sa_handler = go_on, .sa_flags = SA_RESTART };

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

static const char *restore_there(const mt_ctl_t *ctl, const char *dump, const mt_manifest_t *manifest)
{
    PGconn *pg;
    const char *message = mt_ctl_connect_to(ctl, "minitwit_verify", &pg);

    if (!message)
        message = mt_ctl_restore_into(ctl, pg, dump, manifest);
    PQfinish(pg);
    return message;
}

static const char *verify(const mt_ctl_t *ctl, PGconn *pg, const char *dump, const mt_manifest_t *manifest)
{
    const char *message = NULL;

    outlive_signals();
    PGresult *result = PQexec(pg, "create database minitwit_verify owner minitwit_owner template template0 "
                                  "encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        message = mt_plain_explain(result, pg, ctl->pool,
                                   "Connect as a role that may create databases. If a verification was killed and left "
                                   "this database behind, drop it.");
    PQclear(result);
    if (message)
        return apr_psprintf(ctl->pool, "could not create the database \"minitwit_verify\": %s", message);
    message = restore_there(ctl, dump, manifest);
    return mt_ctl_join(ctl, message, mt_plain_do(pg, ctl->pool, "drop database minitwit_verify with (force)", 0, NULL));
}

static const char *verify_file(const mt_ctl_t *ctl, const char *dump)
{
    mt_manifest_t manifest = { .bytes = 0 };
    PGconn *pg = NULL;
    const char *message = mt_ctl_manifest_load(ctl, dump, &manifest);

    if (!message)
        message = mt_ctl_manifest_check(ctl, dump, &manifest);
    if (!message)
        message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = verify(ctl, pg, dump, &manifest);
    PQfinish(pg);
    if (!message)
        printf("\"%s\" can be restored and matches its manifest, with schema version %d\n%s", dump,
               manifest.contents.schema_version, mt_ctl_restore_advise(ctl, &manifest));
    return message;
}

int mt_ctl_backup_verify_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const mt_ctl_option_t options[] = { { NULL, NULL, NULL } };
    int status = mt_ctl_parse_one(ctl, argc, argv, help, options, "the backup");

    if (status != MT_CTL_GO_ON)
        return status;
    return mt_ctl_finish(ctl, verify_file(ctl, ctl->operands[0]));
}
