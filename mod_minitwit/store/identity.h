/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IDENTITY_H
#define MT_IDENTITY_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* The identity of the site. It is stored in the database, so it does not depend on the site's address, and all nodes of
 * a site have the same one. */
typedef struct mt_identity_t {
    const char *id;         /* a UUID */
    const char *date;       /* when the id was made: YYYY-MM-DD in UTC */
    apr_int64_t created_at; /* the same in microseconds since 1970 */
} mt_identity_t;

/* Only for the store's files: takes the identity from the result of MT_STATEMENT_SITE_FIND, in pool. NULL: there is no
 * row. */
mt_identity_t *mt_identity_take(apr_pool_t *pool, const PGresult *result);

#endif
