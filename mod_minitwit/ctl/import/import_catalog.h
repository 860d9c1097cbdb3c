/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_CATALOG_H
#define MT_IMPORT_CATALOG_H

#include "admin/import.h"

#include <apr_tables.h>

/* The tables and views of another site's database. */

typedef struct mt_import_relation_t {
    const char *name;
    const char *reference;       /* for SQL: qualified and quoted */
    apr_array_header_t *columns; /* names: const char * */
    int has_rowid;               /* SQLite: the rows have rowids, in the order of their insertion */
} mt_import_relation_t;

typedef struct mt_import_catalog_t {
    apr_pool_t *pool;
    apr_array_header_t *relations; /* mt_import_relation_t * */
} mt_import_catalog_t;

/* Returns an empty catalog in pool. */
mt_import_catalog_t *mt_ctl_import_catalog_make(apr_pool_t *pool);

/* Adds a column of a relation. The columns of one relation come one after the other. reference is copied, like the
 * names. */
mt_import_relation_t *mt_ctl_import_catalog_add(mt_import_catalog_t *catalog, const char *schema, const char *relation,
                                                const char *column);

/* Returns the number of a column, or -1. Prefers the exact name to one in another case of letters. */
int mt_ctl_import_catalog_column(const mt_import_relation_t *relation, const char *name);

/* The same for relations. */
const mt_import_relation_t *mt_ctl_import_catalog_find(const mt_import_catalog_t *catalog, const char *name);

/* Returns a name in double quotes, for SQL. */
const char *mt_ctl_import_catalog_quote(apr_pool_t *pool, const char *name);

/* Returns the relations and their columns as text, for a message. Each line begins with a blank. */
const char *mt_ctl_import_catalog_describe(const mt_import_catalog_t *catalog);

#endif
