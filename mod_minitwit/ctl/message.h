/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_MESSAGE_H
#define MT_CTL_MESSAGE_H

#include "admin/moderation.h"
#include "ctl/ctl.h"

/* The ids of messages of a command line, as an array's literal; NULL: one of them is no number, which *wrong is set to.
 */
const char *mt_ctl_message_ids(apr_pool_t *pool, int count, char **words, const char **wrong);

#endif
