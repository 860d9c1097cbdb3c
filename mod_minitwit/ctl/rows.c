/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/rows.h"

#include "core/escape.h"
#include "ctl/display.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* A built-in type has the same number in every version of PostgreSQL. */
#define BOOL  16
#define INT8  20
#define INT4  23
#define JSON  114
#define JSONB 3802

void mt_ctl_rows_init(mt_rows_t *rows, const mt_ctl_t *ctl, int as_json)
{
    memset(rows, 0, sizeof(*rows));
    rows->as_json = as_json;
    apr_pool_create(&rows->pool, ctl->pool);
}

static void append_json(mt_buffer_t *line, const PGresult *row, int column)
{
    const char *value = PQgetvalue(row, 0, column);

    if (PQgetisnull(row, 0, column)) {
        mt_buffer_append_text(line, "null");
        return;
    }
    switch (PQftype(row, column)) {
    case BOOL:
        mt_buffer_append_text(line, *value == 't' ? "true" : "false");
        break;
    case INT4:
    case INT8:
    case JSON:
    case JSONB:
        mt_buffer_append_text(line, value);
        break;
    default:
        mt_escape_json(line, value);
    }
}

/* A column that is true shows its own name. */
static const char *format_text(const PGresult *row, int column)
{
    const char *value = PQgetvalue(row, 0, column);

    if (PQgetisnull(row, 0, column))
        return "-";
    if (PQftype(row, column) == BOOL)
        return *value == 't' ? PQfname(row, column) : "-";
    return value;
}

static const char *format_object(apr_pool_t *pool, const PGresult *row)
{
    mt_buffer_t line;

    mt_buffer_init(&line, pool, 256);
    for (int column = 0; column < PQnfields(row); column++) {
        mt_buffer_append_text(&line, column ? "," : "{");
        mt_escape_json(&line, PQfname(row, column));
        mt_buffer_append_text(&line, ":");
        append_json(&line, row, column);
    }
    mt_buffer_append_text(&line, "}");
    return mt_ctl_display_escape(pool, mt_buffer_text(&line));
}

int mt_ctl_rows_print(void *baton, const PGresult *row)
{
    mt_rows_t *rows = baton;

    apr_pool_clear(rows->pool);
    rows->count++;
    if (rows->as_json)
        return printf("%s\n", format_object(rows->pool, row)) >= 0;
    for (int column = 0; column < PQnfields(row); column++) {
        const char *value = mt_ctl_display_escape(rows->pool, format_text(row, column));

        if (rows->is_vertical)
            printf("%-13s %s\n", PQfname(row, column), value);
        else
            printf("%s%s", column ? "\t" : "", value);
    }
    if (!rows->is_vertical)
        putchar('\n');
    return !ferror(stdout);
}

const char *mt_ctl_rows_finish(const char *message)
{
    return message ? message : mt_ctl_print("");
}
