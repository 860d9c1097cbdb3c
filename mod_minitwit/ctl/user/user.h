/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_USER_H
#define MT_CTL_USER_H

#include "admin/accounts.h"
#include "ctl/ctl.h"

/* A command for one user. */
typedef struct mt_user_command_t {
    const char *help;
    const mt_ctl_option_t *options;
    /* shown is the user's name, escaped for a terminal. */
    const char *(*run)(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton);
    void *baton;
} mt_user_command_t;

/* Parses the command line, connects, finds the user and runs the command. Returns the exit code. */
int mt_ctl_user_run(mt_ctl_t *ctl, int argc, char **argv, const mt_user_command_t *command);

/* Finds a user by name, which is valid UTF-8. Returns NULL, or the message for the operator, also if there is no such
 * user. */
const char *mt_ctl_user_find(const mt_ctl_t *ctl, PGconn *pg, const char *username, mt_account_t *account);

#endif
