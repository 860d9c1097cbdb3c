/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_NEWPASSWORD_H
#define MT_NEWPASSWORD_H

#include "ctl/ctl.h"

/* Asks for a password twice, or reads it from standard input, and hashes it at the cost that httpd uses by default.
 * *hash is in ctl's pool. */
const char *mt_ctl_newpassword_get(const mt_ctl_t *ctl, int is_piped, const char **hash);

#endif
