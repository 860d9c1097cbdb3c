/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PGTOOLS_H
#define MT_PGTOOLS_H

#include "ctl/backup/child.h"

#include <libpq-fe.h>

/* Runs PostgreSQL's programs on the database of an open connection. They get the password in PGPASSWORD, because every
 * user of the machine can read a command line. */

/* Starts pg_dump in its custom format on a snapshot that the connection exported. child->fd: the dump. */
const char *mt_ctl_pgtools_dump(const mt_ctl_t *ctl, PGconn *pg, const char *snapshot, mt_child_t *child);

/* Runs pg_restore on a dump's file, in one transaction. If the server is too old for pg_restore, it also runs psql.
 * Afterwards everything belongs to role. */
const char *mt_ctl_pgtools_restore(const mt_ctl_t *ctl, PGconn *pg, const char *role, const char *dump);

#endif
