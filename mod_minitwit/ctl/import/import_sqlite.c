/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/buffer.h"
#include "ctl/import/import_query.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <sqlite3.h>

typedef struct sqlite_t {
    apr_pool_t *pool;
    sqlite3 *db;
    sqlite3_stmt *rows;
    mt_import_table_t table;
    const char *queries[MT_IMPORT_TABLES];
} sqlite_t;

static const char *describe(const sqlite_t *sqlite)
{
    return apr_psprintf(sqlite->pool, "could not read the SQLite database: %s", sqlite3_errmsg(sqlite->db));
}

static const char *prepare(sqlite_t *sqlite, const char *sql)
{
    sqlite3_finalize(sqlite->rows);
    sqlite->rows = NULL;
    return sqlite3_prepare_v2(sqlite->db, sql, -1, &sqlite->rows, NULL) == SQLITE_OK ? NULL : describe(sqlite);
}

static const char *begin(void *self, mt_import_table_t table)
{
    sqlite_t *sqlite = self;

    sqlite->table = table;
    return prepare(sqlite, sqlite->queries[table]);
}

/* In a text column, a number becomes its decimal text. sqlite3_column_text converts the value, so its type is read
 * first. */
static void take_cell(const sqlite_t *sqlite, int column, mt_import_cell_t *cell)
{
    int is_text = sqlite->table == MT_IMPORT_USERS
                      ? column > 0
                      : sqlite->table == MT_IMPORT_MESSAGES && column >= MT_IMPORT_MESSAGE_TEXT;
    int type = sqlite3_column_type(sqlite->rows, column);

    *cell = (mt_import_cell_t){ .kind = MT_IMPORT_NULL };
    if (type == SQLITE_NULL)
        return;
    cell->kind = MT_IMPORT_BYTES;
    if (type == SQLITE_INTEGER) {
        cell->kind = MT_IMPORT_INTEGER;
        cell->integer = sqlite3_column_int64(sqlite->rows, column);
    }
    else if (type == SQLITE_FLOAT) {
        cell->kind = MT_IMPORT_REAL;
        cell->real = sqlite3_column_double(sqlite->rows, column);
    }
    if (is_text || cell->kind == MT_IMPORT_BYTES) {
        const char *data = type == SQLITE_BLOB ? sqlite3_column_blob(sqlite->rows, column)
                                               : (const char *)sqlite3_column_text(sqlite->rows, column);

        cell->data = data ? data : "";
        cell->len = (apr_size_t)sqlite3_column_bytes(sqlite->rows, column);
    }
}

static const char *next(void *self, mt_import_cell_t cells[MT_IMPORT_CELLS], int *has_row)
{
    sqlite_t *sqlite = self;
    int status = sqlite3_step(sqlite->rows);

    *has_row = status == SQLITE_ROW;
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return describe(sqlite);
    for (int i = 0; *has_row && i < sqlite3_column_count(sqlite->rows); i++)
        take_cell(sqlite, i, &cells[i]);
    return NULL;
}

static void close_database(void *self)
{
    sqlite_t *sqlite = self;

    sqlite3_finalize(sqlite->rows);
    sqlite3_close(sqlite->db);
}

/* Returns a file: URI, with all other characters than letters, digits and a few signs as percent escapes. */
static const char *make_uri(apr_pool_t *pool, const char *path, const char *parameters)
{
    static const char digits[] = "0123456789ABCDEF";
    mt_buffer_t uri;

    mt_buffer_init(&uri, pool, 256);
    mt_buffer_append_text(&uri, "file:");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        char escape[] = { '%', digits[c >> 4], digits[c & 15] };

        if (apr_isalnum(c) || c == '/' || c == '.' || c == '_' || c == '-')
            mt_buffer_append(&uri, path, 1);
        else
            mt_buffer_append(&uri, escape, sizeof(escape));
    }
    mt_buffer_append_text(&uri, parameters);
    return mt_buffer_text(&uri);
}

/* Opens the database and begins a transaction, so that all tables are read as they are now. */
static int try(sqlite_t *sqlite, const char *path, const char *parameters)
{
    const char *uri = make_uri(sqlite->pool, path, parameters);

    sqlite3_close(sqlite->db);
    sqlite->db = NULL;
    return sqlite3_open_v2(uri, &sqlite->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
           sqlite3_busy_timeout(sqlite->db, 10000) == SQLITE_OK &&
           sqlite3_exec(sqlite->db, "pragma trusted_schema = off; begin; select count(*) from sqlite_schema", NULL,
                        NULL, NULL) == SQLITE_OK;
}

/* A killed program may leave a write-ahead log or a journal beside the file. Both are parts of the database, and SQLite
 * ignores them if the file is opened as immutable. Without the log, the last commits are missing. Without the journal,
 * the database has half of a transaction that was never committed. */
static const char *refuse_leftover(const sqlite_t *sqlite)
{
    /* SQLite's name of the file, because SQLite resolves symbolic links. */
    const char *path = sqlite3_db_filename(sqlite->db, "main");
    const char *const files[] = { path ? sqlite3_filename_journal(path) : NULL,
                                  path ? sqlite3_filename_wal(path) : NULL };

    for (int i = 0; i < 2; i++) {
        apr_finfo_t info;

        if (files[i] && apr_stat(&info, files[i], APR_FINFO_SIZE, sqlite->pool) == APR_SUCCESS && info.size > 0)
            return apr_psprintf(
                sqlite->pool,
                "could not read the SQLite database: \"%s\" contains a part of it\n"
                "  SQLite must first merge this file into the database. Run: sqlite3 %s .tables\n"
                "  If the folder is read-only, copy both files to a writable folder and run the command there.",
                files[i], path);
    }
    return NULL;
}

static const char *ask(void *self, const char *sql, apr_int64_t numbers[2])
{
    sqlite_t *sqlite = self;
    const char *message = prepare(sqlite, sql);

    if (!message && sqlite3_step(sqlite->rows) != SQLITE_ROW)
        message = describe(sqlite);
    for (int i = 0; !message && i < 2; i++)
        numbers[i] = sqlite3_column_int64(sqlite->rows, i);
    return message;
}

/* A view of a table that does not exist has no columns. It is no obstacle. */
static const char *read_columns(sqlite_t *sqlite, const char *relation, int has_rowid, mt_import_catalog_t *catalog)
{
    sqlite3_stmt *columns;

    if (sqlite3_prepare_v2(sqlite->db, "select name from pragma_table_xinfo(?) order by cid", -1, &columns, NULL) !=
        SQLITE_OK)
        return describe(sqlite);
    sqlite3_bind_text(columns, 1, relation, -1, SQLITE_TRANSIENT);
    while (sqlite3_step(columns) == SQLITE_ROW)
        mt_ctl_import_catalog_add(catalog, "main", relation, (const char *)sqlite3_column_text(columns, 0))->has_rowid =
            has_rowid;
    sqlite3_finalize(columns);
    return NULL;
}

static const char *read_catalog(sqlite_t *sqlite, mt_import_catalog_t *catalog)
{
    const char *message = prepare(sqlite, "select name, type = 'table' and not wr from pragma_table_list where "
                                          "schema = 'main' and type in ('table', 'view') and "
                                          "name not like 'sqlite\\_%' escape '\\' order by name");
    int status = SQLITE_DONE;

    while (!message && (status = sqlite3_step(sqlite->rows)) == SQLITE_ROW)
        message = read_columns(sqlite, (const char *)sqlite3_column_text(sqlite->rows, 0),
                               sqlite3_column_int(sqlite->rows, 1), catalog);
    return !message && status != SQLITE_DONE ? describe(sqlite) : message;
}

static const char *find_tables(sqlite_t *sqlite, const char *maps, mt_import_source_t *source)
{
    const mt_import_reader_t reader = { sqlite->pool, 0, sqlite, ask };
    mt_import_catalog_t *catalog = mt_ctl_import_catalog_make(sqlite->pool);
    const char *message = read_catalog(sqlite, catalog);

    return message ? message : mt_ctl_import_query_prepare(&reader, catalog, maps, sqlite->queries, source);
}

static const char *open_database(sqlite_t *sqlite, const char *path)
{
    const char *message;
    int code;

    if (try(sqlite, path, "?mode=ro"))
        return NULL;
    message = describe(sqlite);
    code = sqlite3_errcode(sqlite->db);
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY && code != SQLITE_IOERR)
        return message;
    message = refuse_leftover(sqlite);
    if (message)
        return message;
    /* immutable opens it without a lock, which is safe only on a medium to which nobody can write. */
    return try(sqlite, path, "?mode=ro&immutable=1") ? NULL : describe(sqlite);
}

const char *mt_ctl_import_sqlite_open(apr_pool_t *pool, const char *path, const char *maps, mt_import_source_t *source)
{
    sqlite_t *sqlite = apr_pcalloc(pool, sizeof(*sqlite));
    const char *message;

    sqlite->pool = pool;
    *source = (mt_import_source_t){ .self = sqlite, .begin = begin, .next = next, .close = close_database };
    message = open_database(sqlite, path);
    if (!message)
        message = find_tables(sqlite, maps, source);
    if (message)
        close_database(sqlite);
    return message;
}
