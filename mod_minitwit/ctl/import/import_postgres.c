/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/import_origin.h"
#include "ctl/import/import_query.h"
#include "store/value.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct postgres_t {
    apr_pool_t *pool;
    PGconn *pg;
    PGresult *rows;
    int row;
    mt_import_table_t table;
    const char *queries[MT_IMPORT_TABLES];
} postgres_t;

static const char *begin(void *self, mt_import_table_t table)
{
    postgres_t *postgres = self;

    PQclear(postgres->rows);
    postgres->rows = NULL;
    postgres->row = 0;
    postgres->table = table;
    return mt_import_origin_open(postgres->pg, postgres->pool, postgres->queries[table]);
}

/* All columns come as text. Only ids are numbers here. Their first one or two columns are those of follows, and the
 * id and the author of messages. */
static void take_cell(const postgres_t *postgres, int column, mt_import_cell_t *cell)
{
    int is_id = column < (postgres->table == MT_IMPORT_USERS ? 1 : 2);
    char *end;

    *cell = (mt_import_cell_t){ .kind = MT_IMPORT_NULL };
    if (PQgetisnull(postgres->rows, postgres->row, column))
        return;
    cell->kind = MT_IMPORT_BYTES;
    cell->data = PQgetvalue(postgres->rows, postgres->row, column);
    cell->len = (apr_size_t)PQgetlength(postgres->rows, postgres->row, column);
    errno = 0;
    cell->integer = is_id ? strtoll(cell->data, &end, 10) : 0;
    if (is_id && *end == '\0' && errno == 0)
        cell->kind = MT_IMPORT_INTEGER;
}

static const char *next(void *self, mt_import_cell_t cells[MT_IMPORT_CELLS], int *has_row)
{
    postgres_t *postgres = self;
    const char *message;

    if (!postgres->rows || postgres->row == PQntuples(postgres->rows)) {
        PQclear(postgres->rows);
        postgres->row = 0;
        message = mt_import_origin_fetch(postgres->pg, postgres->pool, &postgres->rows);
        if (message)
            return message;
    }
    *has_row = postgres->row < PQntuples(postgres->rows);
    for (int i = 0; *has_row && i < PQnfields(postgres->rows); i++)
        take_cell(postgres, i, &cells[i]);
    postgres->row += *has_row;
    return NULL;
}

static void close_connection(void *self)
{
    postgres_t *postgres = self;

    PQclear(postgres->rows);
    PQfinish(postgres->pg);
}

static const char *ask(void *self, const char *sql, apr_int64_t numbers[2])
{
    const postgres_t *postgres = self;

    return mt_import_origin_ask(postgres->pg, postgres->pool, sql, numbers);
}

static const char *find_tables(postgres_t *postgres, const char *schema, const char *maps, mt_import_source_t *source)
{
    const mt_import_reader_t reader = { postgres->pool, 1, postgres, ask };
    mt_import_catalog_t *catalog = mt_ctl_import_catalog_make(postgres->pool);
    PGresult *result;
    const char *message = mt_import_origin_list(postgres->pg, postgres->pool, schema, &result);

    if (message)
        return message;
    for (int i = 0; i < PQntuples(result); i++)
        mt_ctl_import_catalog_add(catalog, schema, PQgetvalue(result, i, 0), PQgetvalue(result, i, 1));
    PQclear(result);
    return mt_ctl_import_query_prepare(&reader, catalog, maps, postgres->queries, source);
}

const char *mt_ctl_import_postgres_open(mt_ctl_t *ctl, const char *conninfo, const char *schema, const char *maps,
                                        mt_import_source_t *source)
{
    postgres_t *postgres = apr_pcalloc(ctl->pool, sizeof(*postgres));
    mt_ctl_t other = *ctl;
    const char *message;

    other.dsn = conninfo;
    postgres->pool = ctl->pool;
    message = mt_ctl_connect(&other, &postgres->pg);
    if (message)
        return mt_ctl_join(ctl, message, "could not read the other site's database");
    *source = (mt_import_source_t){ .self = postgres, .begin = begin, .next = next, .close = close_connection };
    message = mt_import_origin_begin(postgres->pg, ctl->pool, schema);
    if (!message)
        message = find_tables(postgres, schema, maps, source);
    if (!message)
        return NULL;
    close_connection(postgres);
    return apr_pstrcat(ctl->pool, "the other site's database: ", message, NULL);
}
