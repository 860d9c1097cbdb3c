/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/display.h"
#include "ctl/rows.h"
#include "ctl/user/user.h"

#include <stdio.h>

static const char help[] =
    "Usage: minitwitctl user export [--dsn CONNINFO] USERNAME\n"
    "Prints all data about a user as one JSON object. The data is for this user only: protect it.\n"
    "Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

/* The state while the elements of an array, or a single object, are printed. */
typedef struct elements_t {
    apr_pool_t *pool; /* cleared for each element */
    const char *separator;
} elements_t;

static int print_element(void *baton, const PGresult *row)
{
    elements_t *elements = baton;

    apr_pool_clear(elements->pool);
    printf("%s%s", elements->separator, mt_ctl_display_escape(elements->pool, PQgetvalue(row, 0, 0)));
    elements->separator = ",\n";
    return !ferror(stdout);
}

static const char *print_parts(const mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account)
{
    static const struct {
        const char *before;
        const char *after;
        mt_account_part_t part;
    } parts[] = {
        { "{\"user\":\n", "", MT_ACCOUNT_USER },
        { ",\n\"messages\":[", "]", MT_ACCOUNT_MESSAGES },
        { ",\n\"follows\":[", "]", MT_ACCOUNT_FOLLOWS },
        { ",\n\"followers\":[", "]", MT_ACCOUNT_FOLLOWERS },
        { ",\n\"sessions\":[", "]}\n", MT_ACCOUNT_SESSIONS },
    };
    const char *message = NULL;
    elements_t elements;

    apr_pool_create(&elements.pool, ctl->pool);
    for (size_t i = 0; !message && i < sizeof(parts) / sizeof(parts[0]); i++) {
        printf("%s", parts[i].before);
        elements.separator = "";
        message = mt_accounts_export(pg, ctl->pool, account, parts[i].part, print_element, &elements);
        if (!message)
            printf("%s", parts[i].after);
        if (!message && (fflush(stdout) != 0 || ferror(stdout)))
            message = "could not write to standard output";
    }
    return message;
}

static const char *export_user(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton)
{
    const char *message = mt_accounts_begin_export(pg, ctl->pool, account);

    (void)shown;
    (void)baton;
    if (!message)
        message = print_parts(ctl, pg, account);
    message = mt_plain_end(pg, ctl->pool, message);
    return message;
}

int mt_ctl_user_export_run(mt_ctl_t *ctl, int argc, char **argv)
{
    static const mt_ctl_option_t options[] = { { NULL, NULL, NULL } };
    static const mt_user_command_t command = { help, options, export_user, NULL };

    return mt_ctl_user_run(ctl, argc, argv, &command);
}
