/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/audit.h"

#include "admin/audit.h"
#include "ctl/commands.h"
#include "ctl/rows.h"

static const char help[] =
    "Usage: minitwitctl audit [--dsn CONNINFO] [--limit N] [--json]\n"
    "Lists the changes that were made with minitwitctl, and the commands that read personal data, newest\n"
    "first. Each line has these fields, separated by tabs: id, time (UTC), role, system account, host,\n"
    "command, name or id of the object, details. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --limit N        list at most N rows\n"
    "  --json           print one JSON object per line\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

void mt_ctl_audit_note(const mt_ctl_t *ctl, PGconn *pg, const char *action, const char *target, const char *details)
{
    const char *message = mt_audit_add(pg, ctl->pool, action, target, details);

    if (message)
        mt_ctl_complain(ctl, "warning: the audit has no row about this command: %s", message);
}

int mt_ctl_audit_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *limit = NULL;
    int as_json = 0;
    const mt_ctl_option_t options[] = { { "limit", &limit, NULL }, { "json", NULL, &as_json }, { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    mt_rows_t rows;

    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "limit", APR_INT64_MAX, &limit);
    if (status != MT_CTL_GO_ON)
        return status;
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message) {
        mt_ctl_rows_init(&rows, ctl, as_json);
        message = mt_ctl_rows_finish(mt_audit_each(pg, ctl->pool, limit, mt_ctl_rows_print, &rows));
    }
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
