/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_NEWPASSWORD_H
#define MT_NEWPASSWORD_H

#include "ctl/ctl.h"

/* Reads a password twice from the terminal, or once from standard input, and hashes it with httpd's default cost. *hash
 * is in ctl's pool. Returns NULL, or the message for the operator. */
const char *mt_ctl_newpassword_get(const mt_ctl_t *ctl, int is_piped, const char **hash);

#endif
