/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/user/user.h"

#include <stdio.h>

#define OPTIONS_HELP                                                                                                   \
    "\n"                                                                                                               \
    "Options:\n"                                                                                                       \
    "  --dsn CONNINFO   libpq connection string or URI\n"                                                              \
    "  --help           show this help\n"

static const char disable_help[] =
    "Usage: minitwitctl user disable [--dsn CONNINFO] USERNAME\n"
    "Prevents a user from logging in and ends all their sessions on every node. Their messages stay.\n"
    "Connect as minitwit_owner or as a member of it.\n" OPTIONS_HELP;

static const char enable_help[] =
    "Usage: minitwitctl user enable [--dsn CONNINFO] USERNAME\n"
    "Lets a disabled user log in again. Their password stays the same. Connect as minitwit_owner or\n"
    "as a member of it.\n" OPTIONS_HELP;

static const mt_ctl_option_t options[] = { { NULL, NULL, NULL } };

static const char *disable(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton)
{
    int is_changed = 0;
    apr_int64_t ended = 0;
    const char *message = mt_accounts_disable(pg, ctl->pool, account, &is_changed, &ended);

    (void)baton;
    if (message)
        return message;
    if (is_changed)
        printf("%s was disabled, and %" APR_INT64_T_FMT " session%s ended\n", shown, ended, ended == 1 ? "" : "s");
    else
        printf("%s is already disabled\n", shown);
    return NULL;
}

static const char *enable(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton)
{
    int is_changed = 0;
    const char *message = mt_accounts_enable(pg, ctl->pool, account, &is_changed);

    (void)baton;
    if (message)
        return message;
    printf(is_changed ? "%s was enabled\n" : "%s is not disabled\n", shown);
    return NULL;
}

int mt_ctl_user_disable_run(mt_ctl_t *ctl, int argc, char **argv)
{
    static const mt_user_command_t command = { disable_help, options, disable, NULL };

    return mt_ctl_user_run(ctl, argc, argv, &command);
}

int mt_ctl_user_enable_run(mt_ctl_t *ctl, int argc, char **argv)
{
    static const mt_user_command_t command = { enable_help, options, enable, NULL };

    return mt_ctl_user_run(ctl, argc, argv, &command);
}
