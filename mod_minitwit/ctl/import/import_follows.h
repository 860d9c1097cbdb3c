/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_FOLLOWS_H
#define MT_IMPORT_FOLLOWS_H

#include "ctl/import/import_batch.h"

/* Adds all follows, after all users were added. Returns NULL, or the message for the operator. */
const char *mt_ctl_import_follows_add(mt_import_run_t *run);

#endif
