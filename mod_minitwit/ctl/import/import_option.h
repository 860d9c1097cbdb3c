/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_OPTION_H
#define MT_IMPORT_OPTION_H

#include "admin/import.h"

/* The values of --map: TABLE=NAME and TABLE.COLUMN=NAME. TABLE and COLUMN have the names of import_names.h. */

typedef struct mt_import_option_t mt_import_option_t;

/* Parses the values, one per line, or NULL. Returns NULL, or the message for the operator. *options may become NULL,
 * which has no values. */
const char *mt_ctl_import_option_parse(apr_pool_t *pool, const char *text, const mt_import_option_t **options);

/* Returns the name that is given for a column, or for the table itself if column is NULL. Returns "" if the operator
 * said that there is none, and NULL if they gave no name. */
const char *mt_ctl_import_option_find(const mt_import_option_t *options, mt_import_table_t table, const char *column);

#endif
