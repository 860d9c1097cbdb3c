/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESTORE_H
#define MT_RESTORE_H

#include "ctl/backup/manifest.h"

/* Restores a dump into an empty database, and compares the result with the manifest. First check the dump with
 * mt_ctl_manifest_check. If pg_restore fails, the database is still empty. */
const char *mt_ctl_restore_into(const mt_ctl_t *ctl, PGconn *pg, const char *dump, const mt_manifest_t *manifest);

/* Returns a line with the next step after the restore; "" if the schema has the version of this build or a newer one.
 * In ctl->pool. */
const char *mt_ctl_restore_advise(const mt_ctl_t *ctl, const mt_manifest_t *manifest);

#endif
