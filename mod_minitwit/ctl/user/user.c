/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/user/user.h"

#include "core/utf8.h"
#include "ctl/display.h"

#include <apr_strings.h>
#include <string.h>

const char *mt_ctl_user_find(const mt_ctl_t *ctl, PGconn *pg, const char *username, mt_account_t *account)
{
    const char *message = mt_accounts_find(pg, ctl->pool, username, account);

    if (message || account->id)
        return message;
    return apr_psprintf(ctl->pool, "there is no user \"%s\"\n  Names are case-sensitive.",
                        mt_ctl_display_escape(ctl->pool, username));
}

int mt_ctl_user_run(mt_ctl_t *ctl, int argc, char **argv, const mt_user_command_t *command)
{
    mt_account_t account;
    int status = mt_ctl_parse_one(ctl, argc, argv, command->help, command->options, "the username");

    if (status != MT_CTL_GO_ON)
        return status;
    if (!mt_utf8_is_valid(ctl->operands[0], strlen(ctl->operands[0])))
        return mt_ctl_refuse(ctl, "the username is not valid UTF-8");
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = mt_ctl_user_find(ctl, pg, ctl->operands[0], &account);
    if (!message)
        message = command->run(ctl, pg, &account, mt_ctl_display_escape(ctl->pool, account.username), command->baton);
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
