/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/name.h"
#include "core/reserved.h"
#include "core/utf8.h"
#include "core/validate.h"
#include "ctl/commands.h"
#include "ctl/display.h"
#include "ctl/user/newpassword.h"
#include "ctl/user/user.h"

#include <stdio.h>
#include <string.h>

static const char help[] = "Usage: minitwitctl user add [--dsn CONNINFO] [--stdin] USERNAME EMAIL\n"
                           "Adds a user by the rules of the site's registration. Reads the password twice from the\n"
                           "terminal, without echo. Connect as minitwit_owner or as a member of it.\n"
                           "\n"
                           "Options:\n"
                           "  --stdin          read the password from standard input, as one line\n"
                           "  --dsn CONNINFO   libpq connection string or URI\n"
                           "  --help           show this help\n";

/* Checks the name and the address before the command asks for the password, so "x" takes its place. */
static const char *check(const char *username, const char *email)
{
    if (!mt_utf8_is_valid(username, strlen(username)) || !mt_utf8_is_valid(email, strlen(email)))
        return "the username or the e-mail address is not valid UTF-8";
    return mt_validate_registration(username, email, "x", "x", mt_reserved_names);
}

/* username is in NFC. */
static const char *add(const mt_ctl_t *ctl, PGconn *pg, const char *username, int is_piped)
{
    const char *email = ctl->operands[1];
    const char *message, *hash;
    mt_account_t other;
    int is_added = 0;

    message = mt_accounts_find(pg, ctl->pool, mt_name_decompose(ctl->pool, username), &other);
    if (!message && other.id)
        message = mt_validate_username_taken;
    if (message)
        return message;
    message = mt_ctl_newpassword_get(ctl, is_piped, &hash);
    if (message)
        return message;
    message = mt_accounts_add(pg, ctl->pool, username, email, hash, &is_added);
    if (!message && !is_added)
        message = mt_validate_username_taken;
    if (message)
        return message;
    printf("the user %s was added\n", mt_ctl_display_escape(ctl->pool, username));
    return NULL;
}

int mt_ctl_user_add_run(mt_ctl_t *ctl, int argc, char **argv)
{
    int is_piped = 0;
    const mt_ctl_option_t options[] = { { "stdin", NULL, &is_piped }, { NULL, NULL, NULL } };

    ctl->operands_max = 2;
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    if (status != MT_CTL_GO_ON)
        return status;
    if (ctl->operand_count < 2)
        return mt_ctl_refuse(ctl, "missing argument: USERNAME and EMAIL are required");
    PGconn *pg = NULL;
    const char *username = mt_name_normalize(ctl->pool, ctl->operands[0]);
    const char *message = check(username, ctl->operands[1]);
    if (!message)
        message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = add(ctl, pg, username, is_piped);
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
