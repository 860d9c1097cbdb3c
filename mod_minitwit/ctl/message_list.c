/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/moderation.h"
#include "core/utf8.h"
#include "ctl/commands.h"
#include "ctl/rows.h"
#include "ctl/user/user.h"

#include <apr_strings.h>
#include <string.h>

static const char help[] =
    "Usage: minitwitctl message list [--dsn CONNINFO] [--user NAME] [--flagged] [--before ID]\n"
    "                                [--limit N] [--json]\n"
    "Lists messages, highest id first. Each line has these fields, separated by tabs: id, date (UTC),\n"
    "author, \"flagged\" or \"-\", text. Connect as minitwit_owner or as minitwit_site.\n"
    "\n"
    "Options:\n"
    "  --user NAME      list only messages of this user\n"
    "  --flagged        list only flagged messages\n"
    "  --before ID      list only messages with smaller ids\n"
    "  --limit N        list at most N messages\n"
    "  --json           print one JSON object per line\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const char *list(const mt_ctl_t *ctl, PGconn *pg, const char *username, mt_moderation_filter_t *filter,
                        int as_json)
{
    mt_account_t account;
    mt_rows_t rows;

    if (username) {
        const char *message = mt_ctl_user_find(ctl, pg, username, &account);
        if (message)
            return message;
        filter->user_id = apr_psprintf(ctl->pool, "%" APR_INT64_T_FMT, account.id);
    }
    mt_ctl_rows_init(&rows, ctl, as_json);
    return mt_ctl_rows_finish(mt_moderation_each(pg, ctl->pool, filter, mt_ctl_rows_print, &rows));
}

int mt_ctl_message_list_run(mt_ctl_t *ctl, int argc, char **argv)
{
    mt_moderation_filter_t filter = { 0 };
    const char *username = NULL;
    int as_json = 0;
    const mt_ctl_option_t options[] = { { "user", &username, NULL },        { "flagged", NULL, &filter.is_flagged },
                                        { "before", &filter.before, NULL }, { "limit", &filter.limit, NULL },
                                        { "json", NULL, &as_json },         { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "before", APR_INT64_MAX, &filter.before);
    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "limit", APR_INT64_MAX, &filter.limit);
    if (status != MT_CTL_GO_ON)
        return status;
    if (username && !mt_utf8_is_valid(username, strlen(username)))
        return mt_ctl_refuse(ctl, "the username is not valid UTF-8");
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = list(ctl, pg, username, &filter, as_json);
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
