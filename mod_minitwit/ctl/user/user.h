/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_USER_H
#define MT_CTL_USER_H

#include "admin/accounts.h"
#include "ctl/ctl.h"

/* A command that is done to one user. */
typedef struct mt_user_command_t {
    const char *help;
    const mt_ctl_option_t *options;
    /* shown: the user's name, fit for a terminal. */
    const char *(*run)(mt_ctl_t *ctl, PGconn *pg, const mt_account_t *account, const char *shown, void *baton);
    void *baton;
} mt_user_command_t;

/* Reads the command line, connects, finds the user that is named, and runs it. Returns what to exit with. */
int mt_ctl_user_run(mt_ctl_t *ctl, int argc, char **argv, const mt_user_command_t *command);

/* Finds a user by his name, which is valid UTF-8. It is a failure if there is none. */
const char *mt_ctl_user_find(const mt_ctl_t *ctl, PGconn *pg, const char *username, mt_account_t *account);

#endif
