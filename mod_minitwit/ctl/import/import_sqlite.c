/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_source.h"

#include "core/buffer.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <sqlite3.h>

typedef struct sqlite_t {
    apr_pool_t *pool;
    sqlite3 *db;
    sqlite3_stmt *rows;
    mt_import_table_t table;
} sqlite_t;

static const char *describe(const sqlite_t *sqlite)
{
    return apr_psprintf(sqlite->pool, "could not read the SQLite database: %s", sqlite3_errmsg(sqlite->db));
}

static const char *const queries[] = {
    [MT_IMPORT_USERS] = "select user_id, username, email, pw_hash from user order by user_id",
    [MT_IMPORT_MESSAGES] = "select message_id, author_id, text, pub_date, flagged from message order by message_id",
    [MT_IMPORT_FOLLOWS] = "select who_id, whom_id from follower order by rowid",
};

#define IDS "typeof(id) = 'integer' and id <= " APR_STRINGIFY(4611686018427387904)

static const char *const sizes[] = {
    [MT_IMPORT_USERS] =
        "select count(*), coalesce(max(id) filter (where " IDS "), 0) from (select user_id as id from user)",
    [MT_IMPORT_MESSAGES] =
        "select count(*), coalesce(max(id) filter (where " IDS "), 0) from (select message_id as id from message)",
    [MT_IMPORT_FOLLOWS] = "select count(*), 0 from follower",
};

static const char *begin(void *self, mt_import_table_t table)
{
    sqlite_t *sqlite = self;

    sqlite3_finalize(sqlite->rows);
    sqlite->rows = NULL;
    sqlite->table = table;
    return sqlite3_prepare_v2(sqlite->db, queries[table], -1, &sqlite->rows, NULL) == SQLITE_OK ? NULL
                                                                                                : describe(sqlite);
}

/* In a text column, a number becomes its decimal text. sqlite3_column_text converts the value, so its type is read
 * first. */
static void take_cell(const sqlite_t *sqlite, int column, mt_import_cell_t *cell)
{
    int is_text = sqlite->table == MT_IMPORT_USERS ? column > 0 : sqlite->table == MT_IMPORT_MESSAGES && column == 2;
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

static const char *measure(sqlite_t *sqlite, mt_import_source_t *source)
{
    for (int table = 0; table < MT_IMPORT_TABLES; table++) {
        const char *message = begin(sqlite, (mt_import_table_t)table);

        if (message)
            return apr_pstrcat(sqlite->pool, message,
                               "\n  The database must have the tables user (user_id, username, email, pw_hash), "
                               "message (message_id, author_id, text, pub_date, flagged) and follower (who_id, "
                               "whom_id).",
                               NULL);
        sqlite3_finalize(sqlite->rows);
        sqlite->rows = NULL;
        if (sqlite3_prepare_v2(sqlite->db, sizes[table], -1, &sqlite->rows, NULL) != SQLITE_OK ||
            sqlite3_step(sqlite->rows) != SQLITE_ROW)
            return describe(sqlite);
        source->counts[table] = sqlite3_column_int64(sqlite->rows, 0);
        source->ids_max[table] = sqlite3_column_int64(sqlite->rows, 1);
    }
    return NULL;
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

const char *mt_ctl_import_sqlite_open(apr_pool_t *pool, const char *path, mt_import_source_t *source)
{
    sqlite_t *sqlite = apr_pcalloc(pool, sizeof(*sqlite));
    const char *message;

    sqlite->pool = pool;
    *source = (mt_import_source_t){ .self = sqlite, .begin = begin, .next = next, .close = close_database };
    message = open_database(sqlite, path);
    if (!message)
        message = measure(sqlite, source);
    if (message)
        close_database(sqlite);
    return message;
}
