/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_map.h"

#include "ctl/import/import_option.h"
#include "ctl/import/import_report.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

typedef struct finder_t {
    apr_pool_t *pool;
    const mt_import_catalog_t *catalog;
    const mt_import_option_t *options; /* of --map */
    const mt_import_names_t *names;    /* of the current table */
    mt_import_table_t table;
} finder_t;

static const char *quote(const finder_t *finder, const char *name)
{
    return mt_ctl_import_report_quote(finder->pool, name, strlen(name));
}

/* The column of a role. */
typedef struct choice_t {
    int column; /* -1: none */
    mt_import_origin_t origin;
    const char *candidates; /* several columns of which one must be chosen; NULL: none */
} choice_t;

static int is_original(const finder_t *finder, const mt_import_role_t *role, const char *folded)
{
    return strcmp(mt_ctl_import_names_fold(finder->pool, role->name), folded) == 0;
}

/* Returns 1 for a usual name. The id of "Cheeps" may be "CheepId". */
static int is_named(const finder_t *finder, const mt_import_relation_t *relation, const mt_import_role_t *role,
                    const char *folded)
{
    const char *table;
    apr_size_t len;

    if (mt_ctl_import_names_has(role->usual, folded) || is_original(finder, role, folded))
        return 1;
    if (!role->is_id)
        return 0;
    table = mt_ctl_import_names_fold(finder->pool, relation->name);
    len = strlen(table);
    len -= len > 0 && table[len - 1] == 's';
    return strcmp(folded, "id") == 0 || (strncmp(folded, table, len) == 0 && strcmp(folded + len, "id") == 0);
}

/* The names that are tried one after the other. "PubDate" is like the original's, and wins against "CreatedAt". */
typedef enum way_t {
    ORIGINAL,
    USUAL,
    WEAK
} way_t;

/* Chooses the only column that has such a name and no role yet. */
static void choose_named(const finder_t *finder, const mt_import_relation_t *relation, const mt_import_role_t *role,
                         const int *is_taken, way_t way, choice_t *choice)
{
    int count = 0;

    for (int i = 0; i < relation->columns->nelts; i++) {
        const char *column = APR_ARRAY_IDX(relation->columns, i, const char *);
        const char *folded = mt_ctl_import_names_fold(finder->pool, column);

        if (is_taken[i])
            continue;
        if (way == ORIGINAL ? !is_original(finder, role, folded)
            : way == WEAK   ? !mt_ctl_import_names_has(role->weak, folded)
                            : !is_named(finder, relation, role, folded))
            continue;
        choice->column = i;
        choice->origin = MT_IMPORT_RECOGNISED;
        choice->candidates = count++
                                 ? apr_pstrcat(finder->pool, choice->candidates, " and ", quote(finder, column), NULL)
                                 : quote(finder, column);
    }
    if (count < 2)
        choice->candidates = NULL;
    else
        choice->column = -1;
}

/* The original's name wins against other usual names. An id is the exception: users.user_id beside users.id may be
 * something else. */
static choice_t choose(const finder_t *finder, const mt_import_relation_t *relation, const mt_import_role_t *role,
                       const int *is_taken)
{
    int original = mt_ctl_import_catalog_column(relation, role->name);
    choice_t choice = { .column = -1 };

    if (original >= 0 && !is_taken[original] &&
        (!role->is_id || strcasecmp(role->name, "id") == 0 || mt_ctl_import_catalog_column(relation, "id") < 0)) {
        choice.column = original;
        choice.origin = MT_IMPORT_ORIGINAL;
        return choice;
    }
    for (int way = role->is_id ? USUAL : ORIGINAL; way <= WEAK && choice.column < 0 && !choice.candidates; way++)
        choose_named(finder, relation, role, is_taken, (way_t)way, &choice);
    return choice;
}

/* Takes the columns that --map names. Returns NULL, or the message. */
static const char *take_given(const finder_t *finder, const mt_import_relation_t *relation, mt_import_table_map_t *map,
                              int *is_taken, int *is_given)
{
    for (int i = 0; finder->names->roles[i].name; i++) {
        const char *name = mt_ctl_import_option_find(finder->options, finder->table, finder->names->roles[i].name);

        map->columns[i] = -1;
        is_given[i] = name != NULL;
        map->origins[i] = MT_IMPORT_GIVEN;
        if (!name || !*name)
            continue;
        map->columns[i] = mt_ctl_import_catalog_column(relation, name);
        if (map->columns[i] < 0)
            return apr_psprintf(finder->pool, "table %s has no column %s", quote(finder, relation->name),
                                quote(finder, name));
        is_taken[map->columns[i]] = 1;
    }
    return NULL;
}

/* Chooses the columns of a relation. Returns NULL, or the message if a column is missing or several are possible.
 * *is_open becomes 1 in the second case. */
static const char *choose_columns(const finder_t *finder, const mt_import_relation_t *relation,
                                  mt_import_table_map_t *map, int *is_open)
{
    int *is_taken = apr_pcalloc(finder->pool, (apr_size_t)relation->columns->nelts * sizeof(int));
    int is_given[MT_IMPORT_ROLES] = { 0 };
    const char *message = take_given(finder, relation, map, is_taken, is_given);

    *is_open = 0;
    for (int i = 0; !message && finder->names->roles[i].name; i++) {
        const mt_import_role_t *role = &finder->names->roles[i];
        choice_t choice;

        if (is_given[i])
            continue;
        choice = choose(finder, relation, role, is_taken);
        map->columns[i] = choice.column;
        map->origins[i] = choice.origin;
        if (choice.column >= 0)
            is_taken[choice.column] = 1;
        *is_open = choice.candidates != NULL;
        if (choice.candidates)
            message = apr_psprintf(finder->pool, "table %s has several columns for %s.%s: %s",
                                   quote(finder, relation->name), finder->names->name, role->name, choice.candidates);
        else if (choice.column < 0 && (!role->missing || role->is_asked))
            message = apr_psprintf(finder->pool, "table %s has no column with a usual name for %s.%s",
                                   quote(finder, relation->name), finder->names->name, role->name);
    }
    map->relation = relation;
    return message;
}

/* Returns 0 for the original's name, 1 for a usual name, 2 for one that ends in a usual name, or 3. */
static int rank(const finder_t *finder, const mt_import_relation_t *relation)
{
    if (strcasecmp(relation->name, finder->names->original) == 0)
        return 0;
    if (mt_ctl_import_names_has(finder->names->usual, mt_ctl_import_names_fold(finder->pool, relation->name)))
        return 1;
    return mt_ctl_import_names_has_end(finder->pool, finder->names->usual, relation->name) ? 2 : 3;
}

/* Chooses among the relations of a rank. A relation that lacks a required column is no candidate. *reason becomes the
 * message of one that is not usable. Returns 1 if it has decided, with *message NULL or the message. */
static int choose_relation(const finder_t *finder, int wanted, mt_import_table_map_t *map, const char **reason,
                           const char **message)
{
    const apr_array_header_t *relations = finder->catalog->relations;
    const char *list = NULL, *problem = NULL;
    int count = 0;

    for (int i = 0; i < relations->nelts; i++) {
        const mt_import_relation_t *relation = APR_ARRAY_IDX(relations, i, const mt_import_relation_t *);
        mt_import_table_map_t tried = { .origin = wanted ? MT_IMPORT_RECOGNISED : MT_IMPORT_ORIGINAL };
        const char *refused;
        int is_open;

        if (rank(finder, relation) != wanted)
            continue;
        refused = choose_columns(finder, relation, &tried, &is_open);
        if (refused && !*reason)
            *reason = refused;
        if (refused && !is_open)
            continue;
        problem = refused;
        *map = tried;
        list = count++ ? apr_pstrcat(finder->pool, list, " and ", quote(finder, relation->name), NULL)
                       : quote(finder, relation->name);
    }
    *message = count > 1 ? apr_psprintf(finder->pool, "several tables may hold the %s: %s", finder->names->name, list)
                         : problem;
    return count > 0;
}

static const char *find_table(const finder_t *finder, mt_import_table_map_t *map)
{
    const char *given = mt_ctl_import_option_find(finder->options, finder->table, NULL);
    const char *reason = NULL, *message;
    int is_open;

    if (given && !*given) {
        *map = (mt_import_table_map_t){ .origin = MT_IMPORT_GIVEN };
        return NULL;
    }
    if (given) {
        const mt_import_relation_t *relation = mt_ctl_import_catalog_find(finder->catalog, given);

        if (!relation)
            return apr_psprintf(finder->pool, "there is no table %s", quote(finder, given));
        map->origin = MT_IMPORT_GIVEN;
        return choose_columns(finder, relation, map, &is_open);
    }
    for (int wanted = 0; wanted < 3; wanted++) {
        if (choose_relation(finder, wanted, map, &reason, &message))
            return message;
    }
    return reason ? reason : apr_psprintf(finder->pool, "no table has a usual name for %s", finder->names->name);
}

const char *mt_ctl_import_map_find(const mt_import_catalog_t *catalog, const char *options, mt_import_map_t *map)
{
    finder_t finder = { .pool = catalog->pool, .catalog = catalog };
    const char *message = mt_ctl_import_option_parse(catalog->pool, options, &finder.options);

    *map = (mt_import_map_t){ .tables[0].relation = NULL };
    for (int table = 0; !message && table < MT_IMPORT_TABLES; table++) {
        finder.table = (mt_import_table_t)table;
        finder.names = &mt_ctl_import_names[table];
        message = find_table(&finder, &map->tables[table]);
    }
    if (!message)
        return NULL;
    return apr_pstrcat(catalog->pool, message, "\n  Nothing was imported. Name tables and columns with --map, for ",
                       "example: --map messages=posts --map messages.text=content",
                       mt_ctl_import_catalog_describe(catalog), NULL);
}

int mt_ctl_import_map_is_guessed(const mt_import_map_t *map)
{
    for (int table = 0; table < MT_IMPORT_TABLES; table++) {
        const mt_import_table_map_t *one = &map->tables[table];

        if (one->relation && one->origin == MT_IMPORT_RECOGNISED)
            return 1;
        for (int i = 0; one->relation && mt_ctl_import_names[table].roles[i].name; i++) {
            if (one->columns[i] >= 0 && one->origins[i] == MT_IMPORT_RECOGNISED)
                return 1;
        }
    }
    return 0;
}

int mt_ctl_import_map_is_original(const mt_import_map_t *map)
{
    for (int table = 0; table < MT_IMPORT_TABLES; table++) {
        const mt_import_table_map_t *one = &map->tables[table];

        if (!one->relation || one->origin != MT_IMPORT_ORIGINAL)
            return 0;
        for (int i = 0; mt_ctl_import_names[table].roles[i].name; i++) {
            if (one->columns[i] >= 0 ? one->origins[i] != MT_IMPORT_ORIGINAL
                                     : !mt_ctl_import_names[table].roles[i].is_silent)
                return 0;
        }
    }
    return 1;
}
