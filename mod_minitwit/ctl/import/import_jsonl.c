/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date.h"
#include "core/json.h"
#include "core/utf8.h"
#include "core/validate.h"
#include "ctl/import/import_source.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Enough for a message of 1 MiB with each byte escaped as \u00XX, which takes 6 bytes. */
#define LINE_SIZE (8 * 1024 * 1024)

typedef struct jsonl_t {
    apr_pool_t *pool, *row;
    FILE *file;
    char *line;
    apr_int64_t number;                 /* of the line */
    off_t starts[MT_IMPORT_TABLES + 1]; /* where each table begins, then the last line */
    mt_import_table_t table;
} jsonl_t;

static const char *const kinds[] = { "user", "message", "follow", "end" };

static const char *complain(const jsonl_t *jsonl, const char *what)
{
    return apr_psprintf(jsonl->pool, "line %" APR_INT64_T_FMT " of the export %s", jsonl->number, what);
}

/* The functions below return NULL, or the message for the operator. */

/* Sets *object to NULL at the end of the file. *object is valid until the next call. */
static const char *read_line(jsonl_t *jsonl, mt_json_t **object)
{
    size_t len;

    *object = NULL;
    apr_pool_clear(jsonl->row);
    jsonl->number++;
    if (!fgets(jsonl->line, LINE_SIZE, jsonl->file))
        return ferror(jsonl->file) ? complain(jsonl, "could not be read") : NULL;
    len = strlen(jsonl->line);
    if (len == 0 || jsonl->line[len - 1] != '\n')
        return complain(jsonl, len == LINE_SIZE - 1 ? "is too long" : "is incomplete");
    return mt_json_parse(jsonl->row, jsonl->line, len - 1, object) ? complain(jsonl, "is not a JSON object") : NULL;
}

static int has_kind(const mt_json_t *object, const char *kind)
{
    const char *text;

    return mt_json_get(object, "kind", &text) == MT_JSON_STRING && strcmp(text, kind) == 0;
}

static int take_integer(const mt_json_t *object, const char *key, mt_import_cell_t *cell)
{
    cell->kind = MT_IMPORT_INTEGER;
    return mt_json_get_integer(object, key, &cell->integer);
}

static int take_text(const mt_json_t *object, const char *key, int is_required, mt_import_cell_t *cell)
{
    mt_json_kind_t kind = mt_json_get(object, key, &cell->data);

    cell->kind = cell->data ? MT_IMPORT_BYTES : MT_IMPORT_NULL;
    cell->len = cell->data ? strlen(cell->data) : 0;
    return kind == MT_JSON_STRING || (!is_required && (kind == MT_JSON_MISSING || kind == MT_JSON_NULL));
}

static int take_about(const mt_json_t *object, mt_import_cell_t *cell)
{
    return take_text(object, "about", 0, cell) && (!cell->data || mt_utf8_count(cell->data) <= MT_VALIDATE_ABOUT_MAX);
}

static int take_moment(const mt_json_t *object, const char *key, mt_import_cell_t *cell)
{
    const char *text;
    mt_json_kind_t kind = mt_json_get(object, key, &text);
    apr_int64_t integer;
    double real;
    mt_date_t date;

    if (kind == MT_JSON_MISSING || kind == MT_JSON_NULL)
        return 1;
    if (mt_json_get_integer(object, key, &integer))
        mt_date_set_integer(&date, integer);
    else if (mt_json_get_number(object, key, &real))
        mt_date_set_real(&date, real);
    else
        return 0;
    cell->kind = MT_IMPORT_INTEGER;
    return mt_date_convert(&date, MT_DATE_SECONDS, &cell->integer);
}

/* Returns 1 if the text is a list of numbers below 10^18, with one space between two of them. */
static int is_id_list(const char *text)
{
    for (;;) {
        size_t len = strspn(text, "0123456789");

        if (len == 0 || len > 18 || (text[len] && text[len] != ' '))
            return 0;
        if (!text[len])
            return 1;
        text += len + 1;
    }
}

/* An optional integer. */
static int take_reference(const mt_json_t *object, const char *key, mt_import_cell_t *cell)
{
    const char *text;
    mt_json_kind_t kind = mt_json_get(object, key, &text);

    return kind == MT_JSON_MISSING || kind == MT_JSON_NULL || take_integer(object, key, cell);
}

static int take_marks(const mt_json_t *object, mt_import_cell_t cells[MT_IMPORT_CELLS])
{
    const mt_import_cell_t *mentions = &cells[MT_IMPORT_MESSAGE_MENTIONS];

    return take_reference(object, "answers_id", &cells[MT_IMPORT_MESSAGE_ANSWERS]) &&
           take_reference(object, "answers_author_id", &cells[MT_IMPORT_MESSAGE_ANSWERED]) &&
           take_text(object, "mentions", 0, &cells[MT_IMPORT_MESSAGE_MENTIONS]) &&
           take_text(object, "tags", 0, &cells[MT_IMPORT_MESSAGE_TAGS]) &&
           (!mentions->data || is_id_list(mentions->data));
}

/* Returns 0 if a member is missing, has the wrong type or is out of range. */
static int take_row(const mt_json_t *object, mt_import_table_t table, mt_import_cell_t cells[MT_IMPORT_CELLS])
{
    int flagged;

    memset(cells, 0, MT_IMPORT_CELLS * sizeof(*cells));
    if (table == MT_IMPORT_USERS)
        return take_integer(object, "id", &cells[0]) && take_text(object, "username", 1, &cells[1]) &&
               take_text(object, "email", 1, &cells[2]) && take_text(object, "password_hash", 0, &cells[3]) &&
               take_about(object, &cells[MT_IMPORT_USER_ABOUT]) &&
               take_moment(object, "joined_at", &cells[MT_IMPORT_USER_JOINED]) &&
               take_moment(object, "mentions_seen", &cells[MT_IMPORT_USER_SEEN]);
    if (table == MT_IMPORT_FOLLOWS)
        return take_integer(object, "who_id", &cells[0]) && take_integer(object, "whom_id", &cells[1]);
    if (!take_integer(object, "id", &cells[0]) || !take_integer(object, "author_id", &cells[1]) ||
        !take_text(object, "text", 1, &cells[2]) || !mt_json_get_boolean(object, "flagged", &flagged) ||
        !take_marks(object, cells))
        return 0;
    cells[4] = (mt_import_cell_t){ .kind = MT_IMPORT_INTEGER, .integer = flagged };
    if (take_integer(object, "pub_date", &cells[3]))
        return 1;
    cells[3].kind = MT_IMPORT_REAL;
    return mt_json_get_number(object, "pub_date", &cells[3].real);
}

static const char *begin(void *self, mt_import_table_t table)
{
    jsonl_t *jsonl = self;

    jsonl->table = table;
    jsonl->number = 0;
    return fseeko(jsonl->file, jsonl->starts[table], SEEK_SET) == 0 ? NULL : complain(jsonl, "could not be read");
}

static const char *next(void *self, mt_import_cell_t cells[MT_IMPORT_CELLS], int *has_row)
{
    jsonl_t *jsonl = self;
    mt_json_t *object;
    const char *message;

    *has_row = ftello(jsonl->file) < jsonl->starts[jsonl->table + 1];
    if (!*has_row)
        return NULL;
    message = read_line(jsonl, &object);
    if (!message && (!object || !take_row(object, jsonl->table, cells)))
        message = complain(jsonl, "has changed since the import began");
    return message;
}

static void close_file(void *self)
{
    jsonl_t *jsonl = self;

    fclose(jsonl->file);
}

static const char *check_end(jsonl_t *jsonl, const mt_json_t *object, const mt_import_source_t *source)
{
    static const char *const keys[] = { "users", "messages", "follows" };
    apr_int64_t count;

    for (int i = 0; i < MT_IMPORT_TABLES; i++) {
        if (!mt_json_get_integer(object, keys[i], &count) || count != source->counts[i])
            return complain(jsonl, "has counts that do not match the lines before it: lines are missing");
    }
    return fgetc(jsonl->file) == EOF ? NULL : complain(jsonl, "is not the last line");
}

/* Checks each line before the import writes anything, and finds the beginnings of the tables. */
static const char *scan(jsonl_t *jsonl, mt_import_source_t *source)
{
    mt_import_cell_t cells[MT_IMPORT_CELLS];
    mt_json_t *object;
    apr_int64_t version;
    int table = 0;
    const char *message = read_line(jsonl, &object);

    if (message)
        return message;
    if (!object || !has_kind(object, "minitwit"))
        return complain(jsonl, "is not the first line of an export");
    if (!mt_json_get_integer(object, "version", &version) || version != 1)
        return complain(jsonl, "has a version that this build cannot read\n  Install a newer build.");
    jsonl->starts[0] = ftello(jsonl->file);
    for (;;) {
        off_t start = ftello(jsonl->file);

        message = read_line(jsonl, &object);
        if (message)
            return message;
        if (!object)
            return complain(jsonl, "is missing: the file is incomplete");
        while (table < MT_IMPORT_TABLES && !has_kind(object, kinds[table]))
            jsonl->starts[++table] = start;
        if (table == MT_IMPORT_TABLES)
            return has_kind(object, kinds[table]) ? check_end(jsonl, object, source)
                                                  : complain(jsonl, "has a kind that is not allowed at this place");
        if (!take_row(object, (mt_import_table_t)table, cells))
            return complain(jsonl, "has a member that is missing, has the wrong type or is out of range");
        source->counts[table]++;
        if (table != MT_IMPORT_FOLLOWS && cells[0].integer <= MT_IMPORT_ID_MAX &&
            cells[0].integer > source->ids_max[table])
            source->ids_max[table] = cells[0].integer;
    }
}

const char *mt_ctl_import_jsonl_open(apr_pool_t *pool, const char *path, mt_import_source_t *source)
{
    jsonl_t *jsonl = apr_pcalloc(pool, sizeof(*jsonl));
    const char *message;

    jsonl->pool = pool;
    apr_pool_create(&jsonl->row, pool);
    jsonl->line = apr_palloc(pool, LINE_SIZE);
    jsonl->file = fopen(path, "rbe");
    if (!jsonl->file)
        return apr_psprintf(pool, "could not open \"%s\": %s", path, strerror(errno));
    *source = (mt_import_source_t){ .self = jsonl, .begin = begin, .next = next, .close = close_file };
    message = scan(jsonl, source);
    if (!message)
        return NULL;
    fclose(jsonl->file);
    return apr_pstrcat(pool, message, "\n  Nothing was imported.", NULL);
}
