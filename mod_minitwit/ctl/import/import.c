/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/import/import_run.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

static const char help[] =
    "Usage: minitwitctl import [--dsn CONNINFO] [--report REPORT] [--json] FILE\n"
    "       minitwitctl import [...] --from CONNINFO [--schema NAME]\n"
    "Imports users, messages and follows from another MiniTwit. FILE is the SQLite database of the\n"
    "original program, or a file made by minitwitctl export. Ids, dates and flags stay the same, and\n"
    "passwords keep working. If the import is interrupted, run it again: it continues. Connect as\n"
    "minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --from CONNINFO  read another PostgreSQL database, with the original's tables (or views) user,\n"
    "                   message and follower\n"
    "  --schema NAME    the schema of these tables (default: public)\n"
    "  --report REPORT  write each problem to the file REPORT, as one JSON object per line\n"
    "  --json           print one JSON object\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const char *const nouns[] = { "users", "messages", "follows" };

static const char *open_file(const mt_ctl_t *ctl, const char *path, mt_import_source_t *source)
{
    static const char magic[] = "SQLite format 3";
    char start[sizeof(magic)] = "";
    FILE *file = fopen(path, "rbe");
    size_t len;

    if (!file)
        return apr_psprintf(ctl->pool, "could not open \"%s\": %s", path, strerror(errno));
    len = fread(start, 1, sizeof(start), file);
    fclose(file);
    if (len == sizeof(magic) && memcmp(start, magic, sizeof(magic)) == 0)
        return mt_ctl_import_sqlite_open(ctl->pool, path, source);
    if (start[0] == '{')
        return mt_ctl_import_jsonl_open(ctl->pool, path, source);
    return apr_psprintf(ctl->pool, "\"%s\" is neither an SQLite database nor a file made by minitwitctl export", path);
}

static const char *format_text(const mt_ctl_t *ctl, const mt_import_totals_t *totals)
{
    const char *text = "";
    apr_int64_t added = 0;

    for (int i = 0; i < MT_IMPORT_TABLES; i++) {
        added += totals->added[i];
        text = apr_psprintf(ctl->pool,
                            "%s%-10s %" APR_INT64_T_FMT " read, %" APR_INT64_T_FMT " added, %" APR_INT64_T_FMT
                            " already present\n",
                            text, nouns[i], totals->read[i], totals->added[i], totals->present[i]);
    }
    return added ? text : apr_pstrcat(ctl->pool, text, "nothing to do: all data is already present\n", NULL);
}

static const char *format_json(const mt_ctl_t *ctl, const mt_import_totals_t *totals, const mt_import_report_t *report)
{
    const char *text = "{";

    for (int i = 0; i < MT_IMPORT_TABLES; i++)
        text = apr_psprintf(ctl->pool,
                            "%s\"%s\":{\"read\":%" APR_INT64_T_FMT ",\"added\":%" APR_INT64_T_FMT
                            ",\"present\":%" APR_INT64_T_FMT "},",
                            text, nouns[i], totals->read[i], totals->added[i], totals->present[i]);
    text = apr_pstrcat(ctl->pool, text, "\"problems\":{", NULL);
    for (int i = 0; i < MT_IMPORT_PROBLEMS; i++)
        text = apr_psprintf(ctl->pool, "%s%s\"%s\":%" APR_INT64_T_FMT, text, i ? "," : "",
                            mt_ctl_import_report_word((mt_import_problem_t)i), report->counts[i]);
    return apr_pstrcat(ctl->pool, text, "}}\n", NULL);
}

static const char *close_report(const mt_ctl_t *ctl, FILE *file, const char *path)
{
    int is_bad = ferror(file);

    if (fclose(file) == 0 && !is_bad)
        return NULL;
    return apr_psprintf(ctl->pool, "could not write \"%s\": %s", path, strerror(errno));
}

/* A failed import also prints the report, which may explain the failure. */
static const char *import(const mt_ctl_t *ctl, mt_import_source_t *source, const char *report_path, int as_json)
{
    mt_import_report_t report = { .pool = ctl->pool };
    mt_import_totals_t totals = { .read = { 0 } };
    const char *message, *unwritten = NULL;
    PGconn *pg;

    message = mt_ctl_connect(ctl, &pg);
    if (message)
        return message;
    if (report_path)
        report.file = fopen(report_path, "we");
    if (report_path && !report.file) {
        message = apr_psprintf(ctl->pool, "could not write \"%s\": %s", report_path, strerror(errno));
        PQfinish(pg);
        return message;
    }
    message = mt_ctl_import_run_all(ctl->pool, pg, source, &report, &totals);
    PQfinish(pg);
    mt_ctl_import_report_print(&report, stderr);
    if (report.file)
        unwritten = close_report(ctl, report.file, report_path);
    if (!message)
        message = mt_ctl_print(as_json ? format_json(ctl, &totals, &report) : format_text(ctl, &totals));
    return mt_ctl_join(ctl, unwritten, message);
}

int mt_ctl_import_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *report_path = NULL, *from = NULL, *schema = "public";
    int as_json = 0;
    mt_import_source_t source = { .close = NULL };
    const mt_ctl_option_t options[] = { { "report", &report_path, NULL },
                                        { "from", &from, NULL },
                                        { "schema", &schema, NULL },
                                        { "json", NULL, &as_json },
                                        { NULL, NULL, NULL } };

    ctl->operands_max = 1;
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    if (status != MT_CTL_GO_ON)
        return status;
    if ((ctl->operand_count == 0) == (from == NULL))
        return mt_ctl_refuse(ctl, "use either FILE or --from");
    const char *message =
        from ? mt_ctl_import_postgres_open(ctl, from, schema, &source) : open_file(ctl, ctl->operands[0], &source);
    if (message)
        return mt_ctl_fail(ctl, message);
    message = import(ctl, &source, report_path, as_json);
    if (source.close)
        source.close(source.self);
    return mt_ctl_finish(ctl, message);
}
