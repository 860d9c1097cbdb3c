/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_query.h"

#include <apr_strings.h>
#include <string.h>

#define ID_MAX "4611686018427387904"

/* Builds the statements. The letter of a table is its alias in a statement: u, m or f. */
typedef struct builder_t {
    const mt_import_reader_t *reader;
    apr_pool_t *pool;
    mt_import_map_t *map;
} builder_t;

static const char *const aliases[] = { "u", "m", "f" };

static const char *name_of(const builder_t *builder, mt_import_table_t table, int role)
{
    const mt_import_table_map_t *map = &builder->map->tables[table];

    return APR_ARRAY_IDX(map->relation->columns, map->columns[role], const char *);
}

/* Returns the column of a role, or "null". */
static const char *column(const builder_t *builder, mt_import_table_t table, int role)
{
    if (builder->map->tables[table].columns[role] < 0)
        return "null";
    return apr_pstrcat(builder->pool, aliases[table], ".",
                       mt_ctl_import_catalog_quote(builder->pool, name_of(builder, table, role)), NULL);
}

/* Returns the column as its text. The types of SQLite's values are kept. */
static const char *text(const builder_t *builder, mt_import_table_t table, int role)
{
    const char *name = column(builder, table, role);

    return builder->reader->is_postgres ? apr_pstrcat(builder->pool, name, "::text", NULL) : name;
}

/* The condition and the value below treat the text 12 like the number 12. */
static const char *is_integer(const builder_t *builder, const char *name)
{
    if (builder->reader->is_postgres)
        return apr_pstrcat(builder->pool, name, "::text ~ '^-?[0-9]{1,19}$'", NULL);
    return apr_psprintf(builder->pool,
                        "(typeof(%s) = 'integer' or (typeof(%s) = 'text' and cast(cast(%s as integer) as text) = %s))",
                        name, name, name, name);
}

/* A plain column needs no expression, so the other database can use its index for the order. */
static const char *integer(const builder_t *builder, mt_import_table_t table, int role)
{
    const char *name = column(builder, table, role);

    if (builder->map->tables[table].is_plain[role])
        return name;
    if (builder->reader->is_postgres)
        return apr_psprintf(builder->pool, "case when %s then %s::text::numeric end", is_integer(builder, name), name);
    return apr_psprintf(builder->pool, "case when typeof(%s) = 'text' and %s then cast(%s as integer) else %s end",
                        name, is_integer(builder, name), name, name);
}

/* Returns the id of a user or message. Rows with other keys than numbers are numbered. Messages are numbered by date.
 */
static const char *id(const builder_t *builder, mt_import_table_t table)
{
    const char *name = column(builder, table, 0);

    if (!builder->map->tables[table].is_key[0])
        return integer(builder, table, 0);
    if (table == MT_IMPORT_MESSAGES)
        return apr_psprintf(builder->pool, "row_number() over (order by %s, %s)",
                            column(builder, table, MT_IMPORT_MESSAGE_DATE), name);
    return apr_psprintf(builder->pool, "row_number() over (order by %s)", name);
}

/* Returns the id of the user to whom a column refers. Adds the necessary join to *joins. If several users have the
 * name, the id is that of the first user who was not deleted. */
static const char *reference(const builder_t *builder, mt_import_table_t table, int role, const char **joins)
{
    const mt_import_table_map_t *map = &builder->map->tables[table];
    const char *join;

    if (!map->is_key[role] && !map->is_name[role])
        return integer(builder, table, role);
    join =
        apr_psprintf(builder->pool,
                     " left join (select k, coalesce(min(id) filter (where d is null), min(id)) as id from "
                     "(select %s as k, %s as id, %s as d from %s u) a group by k) r%d on r%d.k = %s",
                     text(builder, MT_IMPORT_USERS, map->is_name[role] ? MT_IMPORT_USER_NAME : MT_IMPORT_USER_ID),
                     id(builder, MT_IMPORT_USERS), text(builder, MT_IMPORT_USERS, MT_IMPORT_USER_DELETED),
                     builder->map->tables[MT_IMPORT_USERS].relation->reference, role, role, text(builder, table, role));
    *joins = apr_pstrcat(builder->pool, *joins, join, NULL);
    return apr_psprintf(builder->pool, "r%d.id", role);
}

static const char *select_users(const builder_t *builder)
{
    const char *source = builder->map->tables[MT_IMPORT_USERS].relation->reference;

    return apr_psprintf(builder->pool, "select %s as id, %s, %s, %s, %s from %s u order by 1", id(builder, 0),
                        text(builder, 0, MT_IMPORT_USER_NAME), text(builder, 0, MT_IMPORT_USER_EMAIL),
                        text(builder, 0, MT_IMPORT_USER_HASH), text(builder, 0, MT_IMPORT_USER_DELETED), source);
}

static const char *select_messages(const builder_t *builder)
{
    const mt_import_table_t table = MT_IMPORT_MESSAGES;
    const char *joins = "";
    const char *author = reference(builder, table, MT_IMPORT_MESSAGE_AUTHOR, &joins);

    return apr_psprintf(builder->pool, "select %s as id, %s, %s, %s, %s, %s from %s m%s order by 1", id(builder, table),
                        author, text(builder, table, MT_IMPORT_MESSAGE_TEXT),
                        text(builder, table, MT_IMPORT_MESSAGE_DATE), text(builder, table, MT_IMPORT_MESSAGE_FLAG),
                        text(builder, table, MT_IMPORT_MESSAGE_DELETED),
                        builder->map->tables[table].relation->reference, joins);
}

/* Without a number of its own, a follow has the order of SQLite's rowids. PostgreSQL's order is kept as it comes. */
static const char *select_follows(const builder_t *builder)
{
    const mt_import_table_t table = MT_IMPORT_FOLLOWS;
    const mt_import_table_map_t *map = &builder->map->tables[table];
    const char *joins = "", *order = map->relation && map->relation->has_rowid ? " order by f.rowid" : "";
    const char *who, *whom;

    if (!map->relation)
        return "select null as id, null, null where 1 = 0";
    who = reference(builder, table, MT_IMPORT_FOLLOW_WHO, &joins);
    whom = reference(builder, table, MT_IMPORT_FOLLOW_WHOM, &joins);
    if (map->columns[MT_IMPORT_FOLLOW_ORDER] >= 0 && !map->is_key[MT_IMPORT_FOLLOW_ORDER])
        order = apr_psprintf(builder->pool, " order by %s", integer(builder, table, MT_IMPORT_FOLLOW_ORDER));
    return apr_psprintf(builder->pool, "select %s as id, %s, %s from %s f%s%s", who, whom,
                        text(builder, table, MT_IMPORT_FOLLOW_DELETED), map->relation->reference, joins, order);
}

/* The functions below return NULL, or the message for the operator. */

/* Finds out whether most values of an id are not numbers, and whether all are stored as integers. */
static const char *look_at(const builder_t *builder, mt_import_table_t table, int role, int *is_key)
{
    const char *name = column(builder, table, role), *message;
    const char *from = builder->map->tables[table].relation->reference;
    const char *type = builder->reader->is_postgres
                           ? apr_psprintf(builder->pool, "pg_typeof(%s)::oid in (20, 21, 23)", name) /* integers */
                           : apr_psprintf(builder->pool, "typeof(%s) = 'integer'", name);
    apr_int64_t numbers[2] = { 0, 0 };

    *is_key = 0;
    if (builder->map->tables[table].columns[role] < 0)
        return NULL;
    message = builder->reader->ask(builder->reader->self,
                                   apr_pstrcat(builder->pool, "select count(", name, "), count(case when ", type,
                                               " then ", name, " end) from ", from, " ", aliases[table], NULL),
                                   numbers);
    builder->map->tables[table].is_plain[role] = !message && numbers[0] == numbers[1];
    if (message || numbers[0] == numbers[1])
        return message;
    message = builder->reader->ask(builder->reader->self,
                                   apr_pstrcat(builder->pool, "select count(", name, "), count(case when ",
                                               is_integer(builder, name), " then 1 end) from ", from, " ",
                                               aliases[table], NULL),
                                   numbers);
    *is_key = numbers[0] > 2 * numbers[1];
    return message;
}

/* Finds out whether a column has names of users, ids, or other keys. */
static const char *look_at_reference(const builder_t *builder, mt_import_table_t table, int role)
{
    mt_import_table_map_t *map = &builder->map->tables[table];
    int is_key;
    const char *message = look_at(builder, table, role, &is_key);

    map->is_name[role] =
        strstr(mt_ctl_import_names_fold(builder->pool, name_of(builder, table, role)), "name") != NULL ||
        (is_key && !builder->map->tables[MT_IMPORT_USERS].is_key[MT_IMPORT_USER_ID]);
    map->is_key[role] = !map->is_name[role] && builder->map->tables[MT_IMPORT_USERS].is_key[MT_IMPORT_USER_ID];
    return message;
}

static const char *look_at_keys(const builder_t *builder)
{
    mt_import_table_map_t *tables = builder->map->tables;
    const char *message = look_at(builder, MT_IMPORT_USERS, 0, &tables[MT_IMPORT_USERS].is_key[0]);

    if (!message)
        message = look_at(builder, MT_IMPORT_MESSAGES, 0, &tables[MT_IMPORT_MESSAGES].is_key[0]);
    if (!message)
        message = look_at_reference(builder, MT_IMPORT_MESSAGES, MT_IMPORT_MESSAGE_AUTHOR);
    if (message || !tables[MT_IMPORT_FOLLOWS].relation)
        return message;
    message = look_at(builder, MT_IMPORT_FOLLOWS, MT_IMPORT_FOLLOW_ORDER,
                      &tables[MT_IMPORT_FOLLOWS].is_key[MT_IMPORT_FOLLOW_ORDER]);
    if (!message)
        message = look_at_reference(builder, MT_IMPORT_FOLLOWS, MT_IMPORT_FOLLOW_WHO);
    return message ? message : look_at_reference(builder, MT_IMPORT_FOLLOWS, MT_IMPORT_FOLLOW_WHOM);
}

static const char *measure(const builder_t *builder, mt_import_table_t table, mt_import_source_t *source)
{
    const mt_import_relation_t *relation = builder->map->tables[table].relation;
    apr_int64_t numbers[2] = { 0, 0 };
    const char *sql, *message;

    if (!relation)
        return NULL;
    if (table == MT_IMPORT_FOLLOWS)
        sql = apr_psprintf(builder->pool, "select count(*), 0 from %s", relation->reference);
    else
        sql = apr_psprintf(builder->pool,
                           "select count(*), coalesce(max(case when %s and id <= " ID_MAX " then id end), 0) from "
                           "(select %s as id from %s %s) s",
                           is_integer(builder, "id"), id(builder, table), relation->reference, aliases[table]);
    message = builder->reader->ask(builder->reader->self, sql, numbers);
    source->counts[table] = numbers[0];
    source->ids_max[table] = numbers[1];
    return message;
}

const char *mt_ctl_import_query_prepare(const mt_import_reader_t *reader, const mt_import_catalog_t *catalog,
                                        const char *options, const char *queries[MT_IMPORT_TABLES],
                                        mt_import_source_t *source)
{
    mt_import_map_t *map = apr_pcalloc(reader->pool, sizeof(*map));
    const builder_t builder = { reader, reader->pool, map };
    const char *message = mt_ctl_import_map_find(catalog, options, map);

    if (!message)
        message = look_at_keys(&builder);
    for (int table = 0; !message && table < MT_IMPORT_TABLES; table++)
        message = measure(&builder, (mt_import_table_t)table, source);
    if (message)
        return message;
    queries[MT_IMPORT_USERS] = select_users(&builder);
    queries[MT_IMPORT_MESSAGES] = select_messages(&builder);
    queries[MT_IMPORT_FOLLOWS] = select_follows(&builder);
    source->map = map;
    return NULL;
}
