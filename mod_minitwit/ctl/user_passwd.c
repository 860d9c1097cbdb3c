/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "core/utf8.h"
#include "ctl/prompt.h"
#include "store/passwords.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: minitwitctl user passwd [--dsn CONNINFO] [--stdin] USERNAME\n"
    "Gives a user another password, and ends all his sessions on every node. Asks for the password\n"
    "twice and does not show it. Connect as minitwit_owner, or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --stdin          read the password from standard input, one line, instead of asking\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const mt_password_cost_t cost = { (apr_size_t)MT_PASSWORD_MEMORY_PRESET * 1024 * 1024,
                                         MT_PASSWORD_PASSES_PRESET };

static int check_password(const mt_ctl_t *ctl, const char *password)
{
    const char *problem = NULL;

    if (*password == '\0')
        problem = "the password is empty";
    else if (!mt_utf8_is_valid(password, strlen(password)))
        problem = "the password is no valid UTF-8, which is what browsers send: see that the terminal uses it";
    if (!problem)
        return MT_CTL_GO_ON;
    mt_ctl_complain(ctl, "%s", problem);
    return MT_CTL_FAILED;
}

static int get_password(const mt_ctl_t *ctl, int is_piped, char password[MT_PROMPT_SIZE])
{
    char again[MT_PROMPT_SIZE];
    int status = is_piped ? mt_prompt_read(ctl, password) : mt_prompt_ask(ctl, "New password: ", password);

    if (status == MT_CTL_GO_ON)
        status = check_password(ctl, password);
    if (status != MT_CTL_GO_ON || is_piped)
        return status;
    status = mt_prompt_ask(ctl, "New password again: ", again);
    if (status == MT_CTL_GO_ON && strcmp(password, again) != 0) {
        mt_ctl_complain(ctl, "the two passwords do not match");
        status = MT_CTL_FAILED;
    }
    sodium_memzero(again, sizeof(again));
    return status;
}

static int fail(const mt_ctl_t *ctl, const char *message)
{
    mt_ctl_complain(ctl, "%s", message);
    return MT_CTL_FAILED;
}

/* Asked only once it is known that the password can be changed. */
static int change(const mt_ctl_t *ctl, PGconn *pg, const char *username, int is_piped)
{
    char password[MT_PROMPT_SIZE];
    const char *hash = NULL;
    apr_int64_t user_id = 0, ended = 0;
    const char *message = mt_passwords_find_user(pg, ctl->pool, username, &user_id);

    if (message)
        return fail(ctl, message);
    if (user_id == 0) {
        mt_ctl_complain(ctl, "there is no user \"%s\": names are case-sensitive", username);
        return MT_CTL_FAILED;
    }
    int status = get_password(ctl, is_piped, password);
    if (status == MT_CTL_GO_ON)
        hash = mt_password_hash(ctl->pool, password, &cost);
    sodium_memzero(password, sizeof(password));
    if (status != MT_CTL_GO_ON)
        return status;
    if (!hash)
        return fail(ctl, "no memory to hash the password");
    message = mt_passwords_replace(pg, ctl->pool, user_id, hash, &ended);
    if (message)
        return fail(ctl, message);
    printf("the password of %s was changed, and %" APR_INT64_T_FMT " session%s ended\n", username, ended,
           ended == 1 ? "" : "s");
    return MT_CTL_OK;
}

int mt_user_passwd_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *username;
    int is_piped = 0;
    const mt_ctl_option_t options[] = { { "stdin", NULL, &is_piped }, { NULL, NULL, NULL } };

    ctl->operands_max = 1;
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    if (status != MT_CTL_GO_ON)
        return status;
    if (ctl->operand_count == 0)
        return mt_ctl_refuse(ctl, "name a user");
    username = ctl->operands[0];
    if (!mt_utf8_is_valid(username, strlen(username)))
        return mt_ctl_refuse(ctl, "the username is no valid UTF-8");
    PGconn *pg = mt_ctl_connect(ctl);
    if (!pg)
        return MT_CTL_FAILED;
    status = change(ctl, pg, username, is_piped);
    PQfinish(pg);
    return status;
}
