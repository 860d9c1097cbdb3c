/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/audit.h"
#include "ctl/commands.h"
#include "ctl/rows.h"
#include "ctl/user/user.h"

static const char help[] =
    "Usage: minitwitctl user show [--dsn CONNINFO] [--json] USERNAME\n"
    "Prints a user's data and counts their messages, follows, followers and sessions. Connect as\n"
    "minitwit_owner or minitwit_site.\n"
    "\n"
    "Options:\n"
    "  --json           print one JSON object\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const char *show(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton)
{
    const int *as_json = baton;
    mt_rows_t rows;

    (void)shown;
    mt_ctl_audit_note(ctl, pg, "user show", account->username, NULL);
    mt_ctl_rows_init(&rows, ctl, *as_json);
    rows.is_vertical = 1;
    const char *message = mt_accounts_describe(pg, ctl->pool, account, mt_ctl_rows_print, &rows);
    return mt_ctl_rows_finish(!message && rows.count == 0 ? "the user was deleted in the meantime" : message);
}

int mt_ctl_user_show_run(mt_ctl_t *ctl, int argc, char **argv)
{
    int as_json = 0;
    const mt_ctl_option_t options[] = { { "json", NULL, &as_json }, { NULL, NULL, NULL } };
    const mt_user_command_t command = { help, options, show, &as_json };

    return mt_ctl_user_run(ctl, argc, argv, &command);
}
