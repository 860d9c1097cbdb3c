/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/user/newpassword.h"
#include "ctl/user/user.h"

#include <stdio.h>

static const char help[] =
    "Usage: minitwitctl user passwd [--dsn CONNINFO] [--stdin] USERNAME\n"
    "Replaces a user's password and ends all their sessions on every node. Reads the password twice\n"
    "from the terminal, without echo. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --stdin          read the password from standard input, as one line\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

/* Asks for the password after the user was found, so that a wrong name fails first. */
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
