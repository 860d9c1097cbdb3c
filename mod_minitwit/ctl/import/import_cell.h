/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_CELL_H
#define MT_IMPORT_CELL_H

#include "ctl/import/import_source.h"

/* Returns 1 for true, 0 for false or null, and -1 for any other value. Numbers and the usual words are true or false.
 */
int mt_ctl_import_cell_boolean(const mt_import_cell_t *cell);

/* Returns 1 if the cell "deleted" of a row says that the row was deleted: a date, for example, but not false. */
int mt_ctl_import_cell_is_deleted(const mt_import_cell_t *cell);

#endif
