/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_MESSAGE_H
#define MT_CTL_MESSAGE_H

#include "admin/moderation.h"
#include "ctl/ctl.h"

/* Returns the ids in words as an array literal of PostgreSQL. Returns NULL and sets *wrong if one is not a number. */
const char *mt_ctl_message_ids(apr_pool_t *pool, int count, char **words, const char **wrong);

#endif
