/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/export.h"
#include "core/escape.h"
#include "core/password.h"
#include "ctl/commands.h"
#include "ctl/outfile.h"
#include "store/value.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: minitwitctl export [--dsn CONNINFO] [--without-passwords] [FILE]\n"
    "Writes all users, messages and follows in one snapshot, one JSON object per line, to a file or to\n"
    "standard output. minitwitctl import reads them. Keep the file secret, because it holds password\n"
    "hashes. Only its owner can read it. Connect as minitwit_owner.\n"
    "\n"
    "Options:\n"
    "  --without-passwords  omit the password hashes\n"
    "  --dsn CONNINFO       libpq connection string or URI\n"
    "  --help               show this help\n";

typedef struct export_t {
    const mt_ctl_t *ctl;
    PGconn *pg;
    FILE *to;
    int has_passwords;
    mt_buffer_t line;
    apr_int64_t counts[MT_EXPORT_TABLES];
} export_t;

static void append_date(export_t *export, apr_int64_t date)
{
    char text[48];
    int len = apr_snprintf(text, sizeof(text), "%s%" APR_INT64_T_FMT, date < 0 ? "-" : "",
                           (date < 0 ? -date : date) / APR_USEC_PER_SEC);

    if (date % APR_USEC_PER_SEC != 0)
        apr_snprintf(text + len, sizeof(text) - (size_t)len, ".%06d", abs((int)(date % APR_USEC_PER_SEC)));
    mt_buffer_append_text(&export->line, text);
}

/* Appends a member of an object. name has the JSON before the value. A number needs no escaping. */
static void append(export_t *export, const char *name, const char *value, int is_text)
{
    mt_buffer_append_text(&export->line, name);
    if (is_text)
        mt_escape_json(&export->line, value);
    else
        mt_buffer_append_text(&export->line, value);
}

static void append_moment(export_t *export, const char *name, const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column))
        return;
    mt_buffer_append_text(&export->line, name);
    append_date(export, mt_value_integer(result, row, column));
}

/* Members without a value are left out. */
static void append_profile(export_t *export, const PGresult *result, int row)
{
    const char *about = PQgetvalue(result, row, 5);

    if (*about)
        append(export, ",\"about\":", about, 1);
    append_moment(export, ",\"joined_at\":", result, row, 6);
    append_moment(export, ",\"mentions_seen\":", result, row, 7);
}

static void append_marks(export_t *export, const PGresult *result, int row)
{
    if (!PQgetisnull(result, row, 5)) {
        append(export, ",\"answers_id\":", PQgetvalue(result, row, 5), 0);
        append(export, ",\"answers_author_id\":", PQgetvalue(result, row, 6), 0);
    }
    if (!PQgetisnull(result, row, 7))
        append(export, ",\"mentions\":", PQgetvalue(result, row, 7), 1);
    if (!PQgetisnull(result, row, 8))
        append(export, ",\"tags\":", PQgetvalue(result, row, 8), 1);
}

static void format_row(export_t *export, mt_export_table_t table, PGresult *result, int row)
{
    export->line.len = 0;
    if (table == MT_EXPORT_USERS) {
        append(export, "{\"kind\":\"user\",\"id\":", PQgetvalue(result, row, 0), 0);
        append(export, ",\"username\":", PQgetvalue(result, row, 1), 1);
        append(export, ",\"email\":", PQgetvalue(result, row, 2), 1);
        if (export->has_passwords)
            append(export, ",\"password_hash\":", PQgetvalue(result, row, 3), 1);
        else if (PQgetvalue(result, row, 4)[0] == 't')
            append(export, ",\"password_hash\":", MT_PASSWORD_NONE_DISABLED, 1);
        append_profile(export, result, row);
    }
    else if (table == MT_EXPORT_MESSAGES) {
        append(export, "{\"kind\":\"message\",\"id\":", PQgetvalue(result, row, 0), 0);
        append(export, ",\"author_id\":", PQgetvalue(result, row, 1), 0);
        append(export, ",\"text\":", PQgetvalue(result, row, 2), 1);
        mt_buffer_append_text(&export->line, ",\"pub_date\":");
        append_date(export, mt_value_integer(result, row, 3));
        append(export, ",\"flagged\":", PQgetvalue(result, row, 4)[0] == '1' ? "true" : "false", 0);
        append_marks(export, result, row);
    }
    else {
        append(export, "{\"kind\":\"follow\",\"who_id\":", PQgetvalue(result, row, 0), 0);
        append(export, ",\"whom_id\":", PQgetvalue(result, row, 1), 0);
    }
    mt_buffer_append_text(&export->line, "}\n");
}

static const char *write_line(export_t *export)
{
    if (fwrite(export->line.data, 1, export->line.len, export->to) == export->line.len)
        return NULL;
    return apr_psprintf(export->ctl->pool, "could not write the export: %s", strerror(errno));
}

static const char *write_table(export_t *export, mt_export_table_t table)
{
    const char *message = mt_export_open(export->pg, export->ctl->pool, table);

    for (int count = 1; !message && count > 0;) {
        PGresult *result;

        message = mt_export_fetch(export->pg, export->ctl->pool, &result);
        count = message ? 0 : PQntuples(result);
        for (int i = 0; !message && i < count; i++) {
            format_row(export, table, result, i);
            message = write_line(export);
        }
        export->counts[table] += count;
        PQclear(result);
    }
    return message;
}

static const char *write_all(export_t *export)
{
    apr_pool_t *pool = export->ctl->pool;
    const char *message = mt_export_begin(export->pg, pool, export->has_passwords);

    if (message)
        return message;
    mt_buffer_init(&export->line, pool, 4096);
    mt_buffer_append_text(&export->line, "{\"kind\":\"minitwit\",\"version\":1,\"passwords\":");
    mt_buffer_append_text(&export->line, export->has_passwords ? "true}\n" : "false}\n");
    message = write_line(export);
    for (int table = 0; !message && table < MT_EXPORT_TABLES; table++)
        message = write_table(export, (mt_export_table_t)table);
    if (message)
        return message;
    export->line.len = 0;
    mt_buffer_append_text(&export->line,
                          apr_psprintf(pool,
                                       "{\"kind\":\"end\",\"users\":%" APR_INT64_T_FMT ",\"messages\":%" APR_INT64_T_FMT
                                       ",\"follows\":%" APR_INT64_T_FMT "}\n",
                                       export->counts[MT_EXPORT_USERS], export->counts[MT_EXPORT_MESSAGES],
                                       export->counts[MT_EXPORT_FOLLOWS]));
    message = write_line(export);
    if (!message && fflush(export->to) != 0)
        message = apr_psprintf(pool, "could not write the export: %s", strerror(errno));
    return message;
}

static const char *write_file(export_t *export, const char *path)
{
    mt_outfile_t file;
    const char *unwritten, *message = mt_ctl_outfile_open(export->ctl->pool, path, &file);

    if (message)
        return message;
    export->to = file.stream;
    message = write_all(export);
    unwritten = mt_ctl_outfile_close(&file, message == NULL);
    return message ? message : unwritten;
}

int mt_ctl_export_run(mt_ctl_t *ctl, int argc, char **argv)
{
    int without_passwords = 0;
    const mt_ctl_option_t options[] = { { "without-passwords", NULL, &without_passwords }, { NULL, NULL, NULL } };
    const char *message;

    ctl->operands_max = 1;
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    if (status != MT_CTL_GO_ON)
        return status;
    if (ctl->operand_count == 0 && isatty(STDOUT_FILENO))
        return mt_ctl_refuse(ctl, "cannot export to a terminal: name a file or redirect the output");
    export_t export = { .ctl = ctl, .to = stdout, .has_passwords = !without_passwords };
    message = mt_ctl_connect(ctl, &export.pg);
    if (!message)
        message = ctl->operand_count ? write_file(&export, ctl->operands[0]) : write_all(&export);
    PQfinish(export.pg);
    return mt_ctl_finish(ctl, message);
}
