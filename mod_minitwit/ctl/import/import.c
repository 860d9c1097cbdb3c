/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"
#include "ctl/confirm.h"
#include "ctl/import/import_option.h"
#include "ctl/import/import_run.h"
#include "ctl/outfile.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

static const char help[] =
    "Usage: minitwitctl import [--dsn CONNINFO] [OPTION...] FILE\n"
    "       minitwitctl import [--dsn CONNINFO] [OPTION...] --from CONNINFO [--schema NAME]\n"
    "Imports users, messages and follows from another MiniTwit. FILE is an SQLite database, or a file made\n"
    "by minitwitctl export. Ids, dates and flags stay the same, and passwords keep working. If the import\n"
    "is interrupted, run it again: it continues. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --dry-run        show the tables, the columns, the first and the last date, the number of rows and\n"
    "                   all problems, and import nothing\n"
    "  --from CONNINFO  read another PostgreSQL database\n"
    "  --schema NAME    the schema of its tables (default: public)\n"
    "  --map NAME=THEIRS\n"
    "                   read this table or column, for example messages=posts or messages.text=content;\n"
    "                   may be repeated\n"
    "  --yes            skip the confirmation of tables and columns that have other names than the original's\n"
    "  --dates FORM     read dates that are numbers as seconds, milliseconds, microseconds or nanoseconds since\n"
    "                   1970, or read 02/03/2025 as day-first or month-first; may be repeated\n"
    "  --undated DATE   give messages without a readable date this date; omit leaves them out\n"
    "  --report REPORT  write each problem to the file REPORT, as one JSON object per line\n"
    "  --json           print one JSON object\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

static const char *const nouns[] = { "users", "messages", "follows" };

typedef struct import_t {
    mt_ctl_t *ctl;
    const char *report_path, *from, *schema, *maps, *choices, *undated;
    int as_json, is_confirmed, is_dry;
    mt_import_source_t source;
    mt_import_dates_t dates;
    mt_import_totals_t totals;
    mt_import_report_t report;
} import_t;

static const char *open_file(import_t *import, const char *path)
{
    static const char magic[] = "SQLite format 3";
    char start[sizeof(magic)] = "";
    apr_pool_t *pool = import->ctl->pool;
    FILE *file = fopen(path, "rbe");
    size_t len;

    if (!file)
        return apr_psprintf(pool, "could not open \"%s\": %s", path, strerror(errno));
    len = fread(start, 1, sizeof(start), file);
    fclose(file);
    if (len == sizeof(magic) && memcmp(start, magic, sizeof(magic)) == 0)
        return mt_ctl_import_sqlite_open(pool, path, import->maps, &import->source);
    if (start[0] == '{' && (import->maps || import->choices))
        return "--map and --dates cannot be used with a file made by minitwitctl export, which needs neither";
    if (start[0] == '{')
        return mt_ctl_import_jsonl_open(pool, path, &import->source);
    return apr_psprintf(pool, "\"%s\" is neither an SQLite database nor a file made by minitwitctl export", path);
}

static const char *format_text(const import_t *import)
{
    const mt_import_totals_t *totals = &import->totals;
    apr_pool_t *pool = import->ctl->pool;
    const char *text = "";
    apr_int64_t changed = totals->repaired;

    for (int i = 0; i < MT_IMPORT_TABLES; i++) {
        changed += totals->added[i];
        text = apr_psprintf(pool, "%s%-10s %" APR_INT64_T_FMT " read", text, nouns[i], totals->read[i]);
        if (!import->is_dry)
            text = apr_psprintf(pool, "%s, %" APR_INT64_T_FMT " added, %" APR_INT64_T_FMT " already present", text,
                                totals->added[i], totals->present[i]);
        text = apr_pstrcat(pool, text, "\n", NULL);
    }
    text = apr_pstrcat(pool, text, mt_ctl_import_dates_describe(&import->dates), NULL);
    if (import->is_dry)
        return apr_pstrcat(pool, text, "nothing was imported, because of --dry-run\n", NULL);
    return changed ? text : apr_pstrcat(pool, text, "nothing to do: all data is already present\n", NULL);
}

static const char *format_json(const import_t *import)
{
    const mt_import_totals_t *totals = &import->totals;
    apr_pool_t *pool = import->ctl->pool;
    const char *text = "{";

    for (int i = 0; i < MT_IMPORT_TABLES; i++)
        text = apr_psprintf(pool,
                            "%s\"%s\":{\"read\":%" APR_INT64_T_FMT ",\"added\":%" APR_INT64_T_FMT
                            ",\"present\":%" APR_INT64_T_FMT "},",
                            text, nouns[i], totals->read[i], totals->added[i], totals->present[i]);
    text = apr_pstrcat(pool, text, "\"dates\":{", mt_ctl_import_dates_json(&import->dates), "},\"problems\":{", NULL);
    for (int i = 0; i < MT_IMPORT_PROBLEMS; i++)
        text = apr_psprintf(pool, "%s%s\"%s\":%" APR_INT64_T_FMT, text, i ? "," : "",
                            mt_ctl_import_report_word((mt_import_problem_t)i), import->report.counts[i]);
    return apr_pstrcat(pool, text, "}}\n", NULL);
}

/* Shows the tables and columns unless they have the original's names. */
static void show_map(const import_t *import)
{
    const mt_import_map_t *map = import->source.map;

    if (map && (import->is_dry || !mt_ctl_import_map_is_original(map)))
        fprintf(stderr, "The import reads these tables and columns:\n%s",
                mt_ctl_import_map_describe(import->ctl->pool, map));
}

/* The operator confirms recognised names. */
static const char *confirm(const import_t *import)
{
    const mt_import_map_t *map = import->source.map;

    if (!map || import->is_dry || import->is_confirmed || !mt_ctl_import_map_is_guessed(map))
        return NULL;
    fputs(mt_ctl_import_dates_describe(&import->dates), stderr);
    return mt_ctl_confirm_ask("The names of some tables or columns are not the original's.");
}

/* A failed import also prints the report, which may explain the failure. */
static const char *run(import_t *import)
{
    const mt_import_request_t request = { &import->source, &import->dates, import->is_dry };
    const mt_ctl_t *ctl = import->ctl;
    const char *message, *unwritten = NULL;
    mt_outfile_t file;
    PGconn *pg;

    message = mt_ctl_connect(ctl, &pg);
    if (!message && import->report_path)
        message = mt_ctl_outfile_open(ctl->pool, import->report_path, &file);
    if (message) {
        PQfinish(pg);
        return message;
    }
    import->report = (mt_import_report_t){ .pool = ctl->pool, .file = import->report_path ? file.stream : NULL };
    message = mt_ctl_import_run_all(&request, pg, &import->report, &import->totals);
    PQfinish(pg);
    mt_ctl_import_report_print(&import->report, stderr);
    if (import->report_path)
        unwritten = mt_ctl_outfile_close(&file, 1);
    /* With --json, the failure is the only object. */
    if (!message && !(unwritten && import->as_json))
        message = mt_ctl_print(import->as_json ? format_json(import) : format_text(import));
    return mt_ctl_join(ctl, unwritten, message);
}

static const char *import_all(import_t *import)
{
    const char *message = import->from ? mt_ctl_import_postgres_open(import->ctl, import->from,
                                                                     import->schema ? import->schema : "public",
                                                                     import->maps, &import->source)
                                       : open_file(import, import->ctl->operands[0]);

    if (message)
        return message;
    show_map(import);
    message = mt_ctl_import_dates_survey(&import->dates, &import->source);
    if (!message)
        message = confirm(import);
    if (!message)
        message = run(import);
    import->source.close(import->source.self);
    return message;
}

int mt_ctl_import_run(mt_ctl_t *ctl, int argc, char **argv)
{
    import_t import = { .ctl = ctl, .dates.pool = ctl->pool };
    const mt_import_option_t *unused;
    int is_repeated;
    const mt_ctl_option_t options[] = {
        { "report", &import.report_path, NULL },    { "from", &import.from, NULL },
        { "schema", &import.schema, NULL },         { "map", &import.maps, &is_repeated },
        { "dates", &import.choices, &is_repeated }, { "undated", &import.undated, NULL },
        { "yes", NULL, &import.is_confirmed },      { "dry-run", NULL, &import.is_dry },
        { "json", NULL, &import.as_json },          { NULL, NULL, NULL }
    };

    ctl->operands_max = 1;
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    if (status != MT_CTL_GO_ON)
        return status;
    if ((ctl->operand_count == 0) == (import.from == NULL))
        return mt_ctl_refuse(ctl, "use either FILE or --from");
    if (import.schema && !import.from)
        return mt_ctl_refuse(ctl, "--schema needs --from");
    const char *message = mt_ctl_import_option_parse(ctl->pool, import.maps, &unused);
    if (!message)
        message = mt_ctl_import_dates_set(&import.dates, import.choices, import.undated);
    if (message)
        return mt_ctl_refuse(ctl, "%s", message);
    return mt_ctl_finish(ctl, import_all(&import));
}
