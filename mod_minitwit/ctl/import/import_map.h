/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_MAP_H
#define MT_IMPORT_MAP_H

#include "ctl/import/import_catalog.h"
#include "ctl/import/import_names.h"

/* Finds out which tables and columns of another site hold users, messages and follows. */

typedef enum mt_import_origin_t {
    MT_IMPORT_ORIGINAL,  /* it has the original program's name */
    MT_IMPORT_GIVEN,     /* --map names it */
    MT_IMPORT_RECOGNISED /* it has a usual name, which the operator must confirm */
} mt_import_origin_t;

typedef struct mt_import_table_map_t {
    const mt_import_relation_t *relation; /* NULL: there is none, and the table has no rows */
    mt_import_origin_t origin;
    int columns[MT_IMPORT_ROLES]; /* the number of the column of each role; -1: none */
    mt_import_origin_t origins[MT_IMPORT_ROLES];
    int is_key[MT_IMPORT_ROLES];   /* 1: an id that is a text, not a number, such as a UUID */
    int is_name[MT_IMPORT_ROLES];  /* 1: a user is referred to by name, not by id */
    int is_plain[MT_IMPORT_ROLES]; /* 1: an id whose values are all stored as integers */
} mt_import_table_map_t;

typedef struct mt_import_map_t {
    mt_import_table_map_t tables[MT_IMPORT_TABLES];
} mt_import_map_t;

/* Sets *map, except is_key, is_name and is_plain. options has the values of --map, one per line, or is NULL. Returns
 * NULL, or the message for the operator, in the catalog's pool. */
const char *mt_ctl_import_map_find(const mt_import_catalog_t *catalog, const char *options, mt_import_map_t *map);

/* Returns 1 if a table or column only has a usual name, so that the operator must confirm it. */
int mt_ctl_import_map_is_guessed(const mt_import_map_t *map);

/* Returns 1 if all tables and columns have the original's names, and none is missing. */
int mt_ctl_import_map_is_original(const mt_import_map_t *map);

/* Returns the map as lines of text for the operator. */
const char *mt_ctl_import_map_describe(apr_pool_t *pool, const mt_import_map_t *map);

#endif
