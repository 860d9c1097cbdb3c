/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_option.h"

#include "ctl/import/import_names.h"

#include <apr_strings.h>
#include <string.h>

struct mt_import_option_t {
    mt_import_table_t table;
    const char *column; /* NULL: the table */
    const char *name;
    const mt_import_option_t *next;
};

static int find_table(apr_pool_t *pool, const char *name)
{
    int table = 0;

    while (table < MT_IMPORT_TABLES && strcmp(name, mt_ctl_import_names[table].name) != 0 &&
           strcmp(name, mt_ctl_import_names[table].original) != 0)
        table++;
    /* The site's own table of follows. */
    return table == MT_IMPORT_TABLES && strcmp(mt_ctl_import_names_fold(pool, name), "followers") == 0
               ? MT_IMPORT_FOLLOWS
               : table;
}

static const mt_import_role_t *find_role(int table, const char *name)
{
    const mt_import_role_t *role = mt_ctl_import_names[table].roles;

    while (role->name && strcmp(role->name, name) != 0 && !(role->is_id && strcmp(name, "id") == 0))
        role++;
    return role->name ? role : NULL;
}

static const char *refuse(apr_pool_t *pool, const char *value, const char *why)
{
    const char *list = "";

    for (int table = 0; table < MT_IMPORT_TABLES; table++) {
        const mt_import_names_t *names = &mt_ctl_import_names[table];

        list = apr_psprintf(pool, "%s\n    %s", list, names->name);
        for (int i = 0; names->roles[i].name; i++)
            list = apr_psprintf(pool, "%s, %s.%s", list, names->name, names->roles[i].name);
    }
    return apr_psprintf(pool, "--map \"%s\" %s\n  Use --map TABLE=NAME or --map TABLE.COLUMN=NAME, with:%s", value, why,
                        list);
}

static const char *parse_one(apr_pool_t *pool, const char *value, mt_import_option_t *option)
{
    const char *equals = strchr(value, '=');
    char *left = apr_pstrmemdup(pool, value, equals ? (apr_size_t)(equals - value) : strlen(value));
    char *dot = strchr(left, '.');
    const mt_import_role_t *role = NULL;
    int table;

    if (!equals)
        return refuse(pool, value, "has no \"=\"");
    if (dot)
        *dot = '\0';
    table = find_table(pool, left);
    if (table == MT_IMPORT_TABLES)
        return refuse(pool, value, "names no table of an import");
    if (dot) {
        role = find_role(table, dot + 1);
        if (!role)
            return refuse(pool, value, "names no column of an import");
    }
    option->table = (mt_import_table_t)table;
    option->column = role ? role->name : NULL;
    option->name = equals + 1;
    if (*option->name == '\0' && (role ? role->missing == NULL : table != MT_IMPORT_FOLLOWS))
        return refuse(pool, value, "needs a name after \"=\"");
    return NULL;
}

const char *mt_ctl_import_option_parse(apr_pool_t *pool, const char *text, const mt_import_option_t **options)
{
    char *last, *copy = apr_pstrdup(pool, text ? text : "");

    *options = NULL;
    for (char *value = apr_strtok(copy, "\n", &last); value; value = apr_strtok(NULL, "\n", &last)) {
        mt_import_option_t *option = apr_pcalloc(pool, sizeof(*option));
        const char *message = parse_one(pool, value, option);

        if (message)
            return message;
        option->next = *options;
        *options = option;
    }
    return NULL;
}

const char *mt_ctl_import_option_find(const mt_import_option_t *options, mt_import_table_t table, const char *column)
{
    for (; options; options = options->next) {
        if (options->table == table &&
            (column ? options->column && strcmp(options->column, column) == 0 : !options->column))
            return options->name;
    }
    return NULL;
}
