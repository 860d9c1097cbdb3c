/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/user/newpassword.h"
#include "ctl/user/user.h"

#include <stdio.h>

static const char help[] =
    "Usage: minitwitctl user passwd [--dsn CONNINFO] [--stdin] USERNAME\n"
    "Gives a user another password, and ends all his sessions on every node. Asks for the password\n"
    "twice and does not show it. Connect as minitwit_owner, or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --stdin          read the password from standard input, one line, instead of asking\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

/* Asked for only once it is known that it can be changed. */
static const char *change(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton)
{
    const int *is_piped = baton;
    const char *hash;
    apr_int64_t ended = 0;
    const char *message = mt_ctl_newpassword_get(ctl, *is_piped, &hash);

    if (message)
        return message;
    message = mt_accounts_replace_hash(pg, ctl->pool, account, hash, &ended);
    if (message)
        return message;
    printf("the password of %s was changed, and %" APR_INT64_T_FMT " session%s ended\n", shown, ended,
           ended == 1 ? "" : "s");
    return NULL;
}

int mt_ctl_user_passwd_run(mt_ctl_t *ctl, int argc, char **argv)
{
    int is_piped = 0;
    const mt_ctl_option_t options[] = { { "stdin", NULL, &is_piped }, { NULL, NULL, NULL } };
    const mt_user_command_t command = { help, options, change, &is_piped };

    return mt_ctl_user_run(ctl, argc, argv, &command);
}
