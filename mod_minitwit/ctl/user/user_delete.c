/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/confirm.h"
#include "ctl/user/user.h"

#include <apr_strings.h>

static const char help[] =
    "Usage: minitwitctl user delete [--dsn CONNINFO] [--yes] USERNAME\n"
    "Deletes a user with their messages, follows, followers and sessions. First prints how many\n"
    "there are and asks you to confirm. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --yes            skip the confirmation\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const char *describe(const mt_ctl_t *ctl, const mt_account_counts_t *counts)
{
    return apr_psprintf(ctl->pool,
                        "messages: %" APR_INT64_T_FMT ", follows: %" APR_INT64_T_FMT ", followers: %" APR_INT64_T_FMT
                        ", sessions: %" APR_INT64_T_FMT,
                        counts->messages, counts->follows, counts->followers, counts->sessions);
}

static const char *delete_user(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton)
{
    const int *is_sure = baton;
    mt_account_counts_t counts = { 0 };
    const char *message;

    if (!*is_sure) {
        message = mt_accounts_count(pg, ctl->pool, account, &counts);
        if (message)
            return message;
        message = mt_ctl_confirm_ask(
            apr_psprintf(ctl->pool, "%s will be deleted with all their data (%s).", shown, describe(ctl, &counts)));
        if (message)
            return message;
    }
    message = mt_accounts_delete(pg, ctl->pool, account, &counts);
    if (message)
        return message;
    return mt_ctl_print(apr_psprintf(ctl->pool, "%s was deleted (%s)\n", shown, describe(ctl, &counts)));
}

int mt_ctl_user_delete_run(mt_ctl_t *ctl, int argc, char **argv)
{
    int is_sure = 0;
    const mt_ctl_option_t options[] = { { "yes", NULL, &is_sure }, { NULL, NULL, NULL } };
    const mt_user_command_t command = { help, options, delete_user, &is_sure };

    return mt_ctl_user_run(ctl, argc, argv, &command);
}
