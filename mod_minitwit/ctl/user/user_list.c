/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/utf8.h"
#include "ctl/audit.h"
#include "ctl/commands.h"
#include "ctl/rows.h"
#include "ctl/user/user.h"

#include <string.h>

static const char help[] =
    "Usage: minitwitctl user list [--dsn CONNINFO] [--prefix TEXT] [--disabled] [--limit N] [--json]\n"
    "Lists users by name, one per line: id, name, e-mail address, and \"disabled\" or \"-\", separated\n"
    "by tabs. Connect as minitwit_owner or minitwit_site.\n"
    "\n"
    "Options:\n"
    "  --prefix TEXT    list only users whose names begin with TEXT\n"
    "  --disabled       list only disabled users\n"
    "  --limit N        list at most N users\n"
    "  --json           print one JSON object per line\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

int mt_ctl_user_list_run(mt_ctl_t *ctl, int argc, char **argv)
{
    mt_account_filter_t filter = { 0 };
    mt_rows_t rows;
    int as_json = 0;
    const mt_ctl_option_t options[] = { { "prefix", &filter.prefix, NULL },
                                        { "disabled", NULL, &filter.is_disabled },
                                        { "limit", &filter.limit, NULL },
                                        { "json", NULL, &as_json },
                                        { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "limit", APR_INT64_MAX, &filter.limit);
    if (status != MT_CTL_GO_ON)
        return status;
    if (filter.prefix && !mt_utf8_is_valid(filter.prefix, strlen(filter.prefix)))
        return mt_ctl_refuse(ctl, "the prefix is not valid UTF-8");
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message) {
        mt_ctl_audit_note(ctl, pg, "user list", "", NULL);
        mt_ctl_rows_init(&rows, ctl, as_json);
        message = mt_ctl_rows_finish(mt_accounts_each(pg, ctl->pool, &filter, mt_ctl_rows_print, &rows));
    }
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
