/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_cell.h"

#include <string.h>
#include <strings.h>

static int is_word(const mt_import_cell_t *cell, const char *const *words)
{
    while (*words && (strlen(*words) != cell->len || strncasecmp(*words, cell->data, cell->len) != 0))
        words++;
    return *words != NULL;
}

int mt_ctl_import_cell_boolean(const mt_import_cell_t *cell)
{
    static const char *const yes[] = { "1", "t", "true", "y", "yes", "on", "\x01", NULL };
    static const char *const no[] = { "0", "f", "false", "n", "no", "off", NULL };

    if (cell->kind == MT_IMPORT_INTEGER)
        return cell->integer != 0;
    if (cell->kind == MT_IMPORT_REAL)
        return cell->real != 0;
    if (cell->kind == MT_IMPORT_NULL || is_word(cell, no) || (cell->len == 1 && cell->data[0] == '\0'))
        return 0;
    return is_word(cell, yes) ? 1 : -1;
}

int mt_ctl_import_cell_is_deleted(const mt_import_cell_t *cell)
{
    static const char zero[] = "0001-01-01";

    /* Go writes its zero time for "never". */
    if (cell->kind == MT_IMPORT_BYTES &&
        (cell->len == 0 || (cell->len >= sizeof(zero) - 1 && memcmp(cell->data, zero, sizeof(zero) - 1) == 0)))
        return 0;
    return mt_ctl_import_cell_boolean(cell) != 0;
}
