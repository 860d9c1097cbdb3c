/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_rows.h"

#include "core/name.h"
#include "core/password.h"
#include "core/password_wrapped.h"
#include "core/reserved.h"
#include "core/utf8.h"
#include "core/validate.h"
#include "ctl/import/import_cell.h"

#include <apr_strings.h>
#include <string.h>

#define ID_SIZE  48
#define TEXT_MAX (1024 * 1024)
#define HASH_MAX 512

typedef struct row_t {
    mt_buffer_t *lines;
    mt_import_report_t *report;
    const mt_import_dates_t *dates;
    const mt_import_cell_t *cells;
    char id[ID_SIZE]; /* names the row in reports */
} row_t;

static void complain(const row_t *row, mt_import_problem_t problem)
{
    mt_ctl_import_report_add(row->report, problem, row->id, NULL, 0);
}

static int is_id(const mt_import_cell_t *cell)
{
    return cell->kind == MT_IMPORT_INTEGER && cell->integer > 0 && cell->integer <= MT_IMPORT_ID_MAX;
}

static int is_number(const mt_import_cell_t *cell)
{
    return cell->kind == MT_IMPORT_INTEGER || cell->kind == MT_IMPORT_REAL;
}

/* Appends a text that needs no escapes in COPY's format. */
static void append_plain(const row_t *row, const char *text)
{
    mt_buffer_append_text(row->lines, text);
}

static void append_integer(const row_t *row, apr_int64_t value)
{
    char text[32];

    apr_snprintf(text, sizeof(text), "%" APR_INT64_T_FMT, value);
    append_plain(row, text);
}

/* Appends a text with the escapes of COPY's format. Returns 0 if it had to replace invalid bytes. */
static int append_text(const row_t *row, const char *data, apr_size_t len)
{
    apr_size_t start = 0;
    int is_whole = 1;

    for (apr_size_t at = 0; at < len;) {
        apr_size_t length = data[at] ? mt_utf8_length(data + at, len - at) : 0;
        const char *escape = length == 0        ? "\xef\xbf\xbd"
                             : data[at] == '\\' ? "\\\\"
                             : data[at] == '\t' ? "\\t"
                             : data[at] == '\n' ? "\\n"
                             : data[at] == '\r' ? "\\r"
                                                : NULL;

        if (escape) {
            mt_buffer_append(row->lines, data + start, at - start);
            mt_buffer_append_text(row->lines, escape);
            start = at + 1;
            is_whole = is_whole && length > 0;
        }
        at += length ? length : 1;
    }
    mt_buffer_append(row->lines, data + start, len - start);
    return is_whole;
}

/* Returns the text of a cell, in pool, or NULL if it is null or the database cannot store it. */
static const char *take_text(apr_pool_t *pool, const mt_import_cell_t *cell)
{
    if (cell->kind == MT_IMPORT_NULL || memchr(cell->data, '\0', cell->len) || !mt_utf8_is_valid(cell->data, cell->len))
        return NULL;
    return apr_pstrmemdup(pool, cell->data, cell->len);
}

/* Returns 1 if the name is made up. */
static int append_username(const row_t *row, apr_pool_t *pool)
{
    const mt_import_cell_t *cell = &row->cells[1];
    const char *username = cell->len <= 4 * MT_VALIDATE_USERNAME_MAX ? take_text(pool, cell) : NULL;
    int is_made_up = !username || !*username || mt_utf8_count(username) > MT_VALIDATE_USERNAME_MAX;

    if (is_made_up) {
        mt_ctl_import_report_add(row->report, MT_IMPORT_USER_RENAMED, row->id, cell->data ? cell->data : "", cell->len);
        append_plain(row, "user-");
        append_plain(row, row->id);
        return 1;
    }
    if (mt_validate_path(username, mt_reserved_names))
        mt_ctl_import_report_add(row->report, MT_IMPORT_USER_UNREACHABLE, row->id, username, strlen(username));
    else if (mt_name_check(username))
        mt_ctl_import_report_add(row->report, MT_IMPORT_USER_MISLEADING, row->id, username, strlen(username));
    append_text(row, username, strlen(username));
    return 0;
}

static void append_email(const row_t *row, apr_pool_t *pool)
{
    const mt_import_cell_t *cell = &row->cells[2];
    const char *email = cell->len <= 4 * MT_VALIDATE_EMAIL_MAX ? take_text(pool, cell) : NULL;

    if (cell->kind == MT_IMPORT_NULL || (email && !*email))
        complain(row, MT_IMPORT_EMAIL_MISSING);
    else if (!email || mt_utf8_count(email) > MT_VALIDATE_EMAIL_MAX)
        complain(row, MT_IMPORT_EMAIL_INVALID);
    else
        append_text(row, email, strlen(email));
}

/* Rows are read by one thread. */
static const mt_password_speed_t *measure_once(void)
{
    static mt_password_speed_t speed;
    static int is_measured;

    if (!is_measured)
        mt_password_speed_measure(&speed);
    is_measured = 1;
    return &speed;
}

/* Drops an unknown hash, because it may be the password itself. Returns 1 if the hash is a digest to wrap. */
static int append_hash(const row_t *row, apr_pool_t *pool)
{
    const mt_import_cell_t *cell = &row->cells[3];
    const char *hash = cell->len <= HASH_MAX ? take_text(pool, cell) : NULL;

    if (hash && mt_password_wrapped_is_digest(hash)) {
        complain(row, MT_IMPORT_HASH_WRAPPED);
        append_text(row, hash, strlen(hash));
        return 1;
    }
    if (hash && mt_password_is_known(hash) && mt_password_is_affordable(hash, measure_once())) {
        append_text(row, hash, strlen(hash));
        return 0;
    }
    complain(row, hash && mt_password_is_known(hash) ? MT_IMPORT_HASH_COSTLY : MT_IMPORT_HASH_UNKNOWN);
    append_plain(row, hash && strcmp(hash, MT_PASSWORD_NONE_DISABLED) == 0 ? hash : MT_PASSWORD_NONE);
    return 0;
}

/* Appends a tab and a cell, or COPY's null. */
static void append_optional(const row_t *row, int column)
{
    const mt_import_cell_t *cell = &row->cells[column];

    append_plain(row, cell->kind == MT_IMPORT_NULL ? "\t\\N" : "\t");
    if (cell->kind == MT_IMPORT_INTEGER)
        append_integer(row, cell->integer);
    else if (cell->kind == MT_IMPORT_BYTES)
        append_text(row, cell->data, cell->len);
}

static void append_profile(const row_t *row)
{
    const mt_import_cell_t *about = &row->cells[MT_IMPORT_USER_ABOUT];

    if (about->kind != MT_IMPORT_NULL)
        append_text(row, about->data, about->len);
    append_optional(row, MT_IMPORT_USER_JOINED);
    append_optional(row, MT_IMPORT_USER_SEEN);
}

static int append_user(const row_t *row)
{
    int is_made_up, is_digest;
    apr_pool_t *pool;

    if (!is_id(&row->cells[0])) {
        mt_ctl_import_report_add(row->report, MT_IMPORT_USER_WITHOUT_ID, row->id,
                                 row->cells[1].data ? row->cells[1].data : "", row->cells[1].len);
        return 0;
    }
    apr_pool_create(&pool, row->report->pool);
    if (is_number(&row->cells[1]) || is_number(&row->cells[2]) || is_number(&row->cells[3]))
        mt_ctl_import_report_add(row->report, MT_IMPORT_USER_NUMBER, row->id, row->cells[1].data, row->cells[1].len);
    append_integer(row, row->cells[0].integer);
    append_plain(row, "\t");
    is_made_up = append_username(row, pool);
    append_plain(row, "\t");
    append_email(row, pool);
    append_plain(row, "\t");
    is_digest = append_hash(row, pool);
    append_plain(row, is_digest ? "\tt" : "\tf");
    append_plain(row, is_made_up ? "\tt\t" : "\tf\t");
    append_profile(row);
    append_plain(row, "\n");
    apr_pool_destroy(pool);
    return 1;
}

/* Returns 0 if the message has no date and stays out. */
static int take_date(const row_t *row, apr_time_t *time)
{
    if (mt_ctl_import_dates_take(row->dates, &row->cells[MT_IMPORT_MESSAGE_DATE], time))
        return 1;
    *time = row->dates->undated;
    complain(row, row->dates->is_undated_kept ? MT_IMPORT_DATE_INVALID : MT_IMPORT_DATE_OMITTED);
    return row->dates->is_undated_kept;
}

/* A flag of another form hides the message, as in the original, which only shows messages whose flag is equal to 0. */
static int take_flag(const row_t *row)
{
    const mt_import_cell_t *cell = &row->cells[MT_IMPORT_MESSAGE_FLAG];
    int flag = mt_ctl_import_cell_boolean(cell);

    if (cell->kind == MT_IMPORT_NULL || (cell->kind == MT_IMPORT_BYTES && cell->len == 0)) {
        if (row->dates->has_flags)
            complain(row, MT_IMPORT_FLAG_MISSING);
        return 0;
    }
    if (flag < 0)
        complain(row, MT_IMPORT_FLAG_UNKNOWN);
    return flag != 0;
}

static void append_marks(const row_t *row)
{
    if (is_id(&row->cells[MT_IMPORT_MESSAGE_ANSWERS]) && is_id(&row->cells[MT_IMPORT_MESSAGE_ANSWERED])) {
        append_optional(row, MT_IMPORT_MESSAGE_ANSWERS);
        append_optional(row, MT_IMPORT_MESSAGE_ANSWERED);
    }
    else
        append_plain(row, "\t\\N\t\\N");
    append_optional(row, MT_IMPORT_MESSAGE_MENTIONS);
    append_optional(row, MT_IMPORT_MESSAGE_TAGS);
}

static int append_message(const row_t *row)
{
    const mt_import_cell_t *text = &row->cells[2];
    apr_time_t time;

    if (!is_id(&row->cells[0]) || text->len > TEXT_MAX) {
        complain(row, is_id(&row->cells[0]) ? MT_IMPORT_TEXT_TOO_LONG : MT_IMPORT_MESSAGE_WITHOUT_ID);
        return 0;
    }
    if (!take_date(row, &time))
        return 0;
    append_integer(row, row->cells[0].integer);
    append_plain(row, "\t");
    append_integer(row, is_id(&row->cells[1]) ? row->cells[1].integer : 0);
    append_plain(row, "\t");
    if (text->kind == MT_IMPORT_NULL)
        complain(row, MT_IMPORT_TEXT_MISSING);
    else if (is_number(text))
        complain(row, MT_IMPORT_TEXT_NUMBER);
    if (text->kind != MT_IMPORT_NULL && !append_text(row, text->data, text->len))
        complain(row, MT_IMPORT_TEXT_INVALID);
    append_plain(row, "\t");
    append_integer(row, time);
    append_plain(row, take_flag(row) ? "\tt" : "\tf");
    append_marks(row);
    append_plain(row, "\n");
    return 1;
}

static int append_follow(const row_t *row, apr_int64_t number)
{
    append_integer(row, number);
    for (int i = 0; i < 2; i++) {
        append_plain(row, "\t");
        append_integer(row, is_id(&row->cells[i]) ? row->cells[i].integer : 0);
    }
    append_plain(row, "\n");
    return 1;
}

/* Returns 1 if the row was deleted on the other site. */
static int drop_deleted(const row_t *row, mt_import_table_t table)
{
    static const int columns[] = { MT_IMPORT_USER_DELETED, MT_IMPORT_MESSAGE_DELETED, MT_IMPORT_FOLLOW_DELETED };
    static const mt_import_problem_t problems[] = { MT_IMPORT_USER_DELETED_THERE, MT_IMPORT_MESSAGE_DELETED_THERE,
                                                    MT_IMPORT_FOLLOW_DELETED_THERE };

    if (!mt_ctl_import_cell_is_deleted(&row->cells[columns[table]]))
        return 0;
    complain(row, problems[table]);
    return 1;
}

int mt_ctl_import_rows_append(mt_buffer_t *lines, mt_import_report_t *report, const mt_import_dates_t *dates,
                              mt_import_table_t table, const mt_import_cell_t cells[MT_IMPORT_CELLS],
                              apr_int64_t number)
{
    row_t row = { .lines = lines, .report = report, .dates = dates, .cells = cells };

    if (cells[0].kind == MT_IMPORT_INTEGER)
        apr_snprintf(row.id, sizeof(row.id), "%" APR_INT64_T_FMT, cells[0].integer);
    else
        apr_snprintf(row.id, sizeof(row.id), "row %" APR_INT64_T_FMT, number);
    if (drop_deleted(&row, table))
        return 0;
    if (table == MT_IMPORT_USERS)
        return append_user(&row);
    return table == MT_IMPORT_MESSAGES ? append_message(&row) : append_follow(&row, number);
}
