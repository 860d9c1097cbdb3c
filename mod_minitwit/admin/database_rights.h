/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DATABASE_RIGHTS_H
#define MT_DATABASE_RIGHTS_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* Limits the rights on a new database, as minitwit_owner or a superuser. By default, PostgreSQL lets every role connect
 * and create temporary tables. Afterwards, only members of minitwit_site, minitwit_owner and pg_monitor (for exporters
 * of metrics) may connect, and only minitwit_owner may create temporary tables. Changes nothing if another role owns
 * the database or a table in it, because another program may need these rights. minitwitctl doctor reports this. Sets
 * *note to lines for the operator, in pool, or to NULL if every role had lost these rights before. Returns NULL, or the
 * message for the operator, in pool. */
const char *mt_database_rights_limit(PGconn *pg, apr_pool_t *pool, const char **note);

#endif
