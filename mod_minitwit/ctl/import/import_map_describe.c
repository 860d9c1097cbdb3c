/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_map.h"

#include "core/buffer.h"
#include "ctl/import/import_report.h"

#include <apr_strings.h>
#include <string.h>

static void append_column(mt_buffer_t *text, const mt_import_table_map_t *map, const mt_import_role_t *role, int number)
{
    const char *column;

    if (map->columns[number] < 0) {
        if (!role->is_silent)
            mt_buffer_append_text(text, apr_psprintf(text->pool, "    %-10s  (none: %s)\n", role->name, role->missing));
        return;
    }
    column = APR_ARRAY_IDX(map->relation->columns, map->columns[number], const char *);
    mt_buffer_append_text(text, apr_psprintf(text->pool, "    %-10s  %s", role->name,
                                             mt_ctl_import_report_quote(text->pool, column, strlen(column))));
    if (map->is_name[number])
        mt_buffer_append_text(text, " (the name of a user)");
    else if (map->is_key[number] && role->is_id)
        mt_buffer_append_text(text, " (not numbers: the import assigns new ids)");
    else if (role->meaning)
        mt_buffer_append_text(text, apr_psprintf(text->pool, " (%s)", role->meaning));
    mt_buffer_append_text(text, "\n");
}

const char *mt_ctl_import_map_describe(apr_pool_t *pool, const mt_import_map_t *map)
{
    mt_buffer_t text;

    mt_buffer_init(&text, pool, 1024);
    for (int table = 0; table < MT_IMPORT_TABLES; table++) {
        const mt_import_names_t *names = &mt_ctl_import_names[table];
        const mt_import_table_map_t *one = &map->tables[table];
        const char *name = one->relation ? one->relation->name : "";

        if (one->relation)
            mt_buffer_append_text(&text, apr_psprintf(pool, "  %-12s  table %s\n", names->name,
                                                      mt_ctl_import_report_quote(pool, name, strlen(name))));
        else
            mt_buffer_append_text(&text, apr_psprintf(pool, "  %-12s  (none)\n", names->name));
        for (int i = 0; one->relation && names->roles[i].name; i++)
            append_column(&text, one, &names->roles[i], i);
    }
    return mt_buffer_text(&text);
}
