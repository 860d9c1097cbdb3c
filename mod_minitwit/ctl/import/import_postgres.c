/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_source.h"

#include "admin/import_origin.h"
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
} postgres_t;

static const char *begin(void *self, mt_import_table_t table)
{
    postgres_t *postgres = self;

    PQclear(postgres->rows);
    postgres->rows = NULL;
    postgres->row = 0;
    postgres->table = table;
    return mt_import_origin_open(postgres->pg, postgres->pool, table);
}

static void take_cell(const postgres_t *postgres, int column, mt_import_cell_t *cell)
{
    int is_text =
        postgres->table == MT_IMPORT_USERS ? column > 0 : postgres->table == MT_IMPORT_MESSAGES && column == 2;
    char *end;

    *cell = (mt_import_cell_t){ .kind = MT_IMPORT_NULL };
    if (PQgetisnull(postgres->rows, postgres->row, column))
        return;
    cell->kind = MT_IMPORT_BYTES;
    cell->data = PQgetvalue(postgres->rows, postgres->row, column);
    cell->len = (apr_size_t)PQgetlength(postgres->rows, postgres->row, column);
    if (is_text)
        return;
    errno = 0;
    cell->integer = strtoll(cell->data, &end, 10);
    if (*end == '\0' && errno == 0)
        cell->kind = MT_IMPORT_INTEGER;
    else {
        cell->kind = MT_IMPORT_REAL;
        cell->real = strtod(cell->data, NULL);
    }
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

const char *mt_ctl_import_postgres_open(mt_ctl_t *ctl, const char *conninfo, const char *schema,
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
    message = mt_import_origin_begin(postgres->pg, ctl->pool, schema, source->counts, source->ids_max);
    if (message)
        close_connection(postgres);
    return message;
}
