/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESTORE_H
#define MT_RESTORE_H

#include "ctl/backup/manifest.h"

/* Restores a dump, whose length and SHA-256 were compared, into an empty database, and compares what is there then with
 * the manifest. A database that pg_restore failed on is still empty. */
const char *mt_ctl_restore_into(const mt_ctl_t *ctl, PGconn *pg, const char *dump, const mt_manifest_t *manifest);

/* What else is to be done after restoring it, to be added to a line for the operator; "" when its schema is that of
 * this build. In the context's pool. */
const char *mt_ctl_restore_advise(const mt_ctl_t *ctl, const mt_manifest_t *manifest);

#endif
