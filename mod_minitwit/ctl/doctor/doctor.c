/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"
#include "ctl/commands.h"

#include "admin/plain.h"
#include "core/escape.h"
#include "ctl/display.h"
#include "store/value.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* More than any httpd needs. */
#define CONNECTIONS_MAX 1000000

static const char help[] =
    "Usage: minitwitctl doctor [--dsn CONNINFO] [--children N --dbdmax M] [--backups FOLDER]\n"
    "                          [--config FILE] [--json]\n"
    "Checks the server, the schema, the roles and the backups of a site, and prints a remedy for each\n"
    "problem. It stores nothing, and rolls back the rows that it writes as a trial. Connect as httpd\n"
    "does, to see the same as httpd. Also connect as minitwit_owner, which sees more.\n"
    "\n"
    "Options:\n"
    "  --children N       maximum number of httpd's child processes; needs --dbdmax\n"
    "  --dbdmax M         maximum number of connections of each child (DBDMax), to check whether the\n"
    "                     connections of all children fit into max_connections\n"
    "  --backups FOLDER   also check the newest backup in this folder and the free space there\n"
    "  --config FILE      also check whether this file of httpd's configuration sets MinitwitSiteURL\n"
    "  --json             print one JSON object\n"
    "  --dsn CONNINFO     libpq connection string or URI\n"
    "  --help             show this help\n";

static const char *const levels[] = { "ok", "unknown", "warning", "problem" };

/* Finds the role of the connection and that of httpd. Also limits the time of all later queries. */
static const char *introduce(mt_doctor_t *doctor)
{
    PGresult *result;
    const char *message = mt_plain_run(
        doctor->pg, doctor->pool,
        "select set_config('statement_timeout', '60s', false), current_user, "
        "coalesce((select rolsuper from pg_roles where rolname = current_user), false) or "
        "coalesce((select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = 'minitwit_owner'), "
        "false)",
        0, NULL, &result);

    if (!message) {
        doctor->role = mt_value_text(doctor->pool, result, 0, 1);
        doctor->is_owner = *PQgetvalue(result, 0, 2) == 't';
        doctor->site = doctor->is_owner ? "minitwit_site" : doctor->role;
    }
    PQclear(result);
    return message;
}

static int count(const mt_doctor_t *doctor, mt_doctor_level_t level)
{
    int found = 0;

    for (int i = 0; i < doctor->findings->nelts; i++)
        found += APR_ARRAY_IDX(doctor->findings, i, mt_doctor_finding_t).level == level;
    return found;
}

static const char *print_text(const mt_doctor_t *doctor)
{
    for (int i = 0; i < doctor->findings->nelts; i++) {
        const mt_doctor_finding_t *finding = &APR_ARRAY_IDX(doctor->findings, i, mt_doctor_finding_t);
        printf("%-8s %-18s %s\n", levels[finding->level], finding->check,
               mt_ctl_display_escape(doctor->pool, finding->text));
        if (finding->remedy)
            printf("%-8s %-18s %s\n", "", "  to do:", mt_ctl_display_escape(doctor->pool, finding->remedy));
    }
    return mt_ctl_print(apr_psprintf(doctor->pool, "problems: %d, warnings: %d\n", count(doctor, MT_DOCTOR_PROBLEM),
                                     count(doctor, MT_DOCTOR_WARNING)));
}

static const char *print_json(const mt_doctor_t *doctor)
{
    mt_buffer_t json;

    mt_buffer_init(&json, doctor->pool, 8192);
    mt_buffer_append_text(&json, apr_psprintf(doctor->pool, "{\"problems\":%d,\"warnings\":%d",
                                              count(doctor, MT_DOCTOR_PROBLEM), count(doctor, MT_DOCTOR_WARNING)));
    mt_escape_json_member(&json, "role", doctor->role);
    mt_buffer_append_text(&json, ",\"findings\":[");
    for (int i = 0; i < doctor->findings->nelts; i++) {
        const mt_doctor_finding_t *finding = &APR_ARRAY_IDX(doctor->findings, i, mt_doctor_finding_t);
        mt_buffer_append_text(&json, i ? ",{" : "{");
        mt_escape_json_member(&json, "check", finding->check);
        mt_escape_json_member(&json, "level", levels[finding->level]);
        mt_escape_json_member(&json, "text", finding->text);
        mt_escape_json_member(&json, "remedy", finding->remedy);
        mt_buffer_append_text(&json, "}");
    }
    mt_buffer_append_text(&json, "]}");
    return mt_ctl_print(
        apr_pstrcat(doctor->pool, mt_ctl_display_escape(doctor->pool, mt_buffer_text(&json)), "\n", NULL));
}

/* The message has its hint on a second line. */
static void add_refusal(mt_doctor_t *doctor, const char *message)
{
    const char *hint = strstr(message, "\n  ");

    mt_ctl_doctor_add(doctor, "connection", MT_DOCTOR_PROBLEM,
                      apr_pstrmemdup(doctor->pool, message, strcspn(message, "\n")), hint ? hint + 3 : NULL);
}

/* Sets *problems to the number of problems. */
static const char *examine(const mt_ctl_t *ctl, const mt_doctor_wish_t *wish, int as_json, int *problems)
{
    mt_doctor_t doctor = { .pool = ctl->pool };
    const char *message = mt_ctl_connect(ctl, &doctor.pg);

    if (!message)
        message = introduce(&doctor);
    if (message && !as_json) {
        PQfinish(doctor.pg);
        return message;
    }
    doctor.findings = apr_array_make(ctl->pool, 32, sizeof(mt_doctor_finding_t));
    if (message) {
        add_refusal(&doctor, message);
    }
    else {
        mt_ctl_doctor_server_examine(&doctor);
        mt_ctl_doctor_connections_examine(&doctor, wish);
        mt_ctl_doctor_schema_examine(&doctor);
        mt_ctl_doctor_role_examine(&doctor);
        mt_ctl_doctor_trial_examine(&doctor);
        mt_ctl_doctor_care_examine(&doctor);
        mt_ctl_doctor_backup_examine(&doctor, wish);
        mt_ctl_doctor_site_examine(&doctor, wish);
    }
    PQfinish(doctor.pg);
    *problems = count(&doctor, MT_DOCTOR_PROBLEM);
    return as_json ? print_json(&doctor) : print_text(&doctor);
}

int mt_ctl_doctor_run(mt_ctl_t *ctl, int argc, char **argv)
{
    mt_doctor_wish_t wish = { .children = NULL };
    int as_json = 0, problems = 0;
    const mt_ctl_option_t options[] = { { "children", &wish.children, NULL }, { "dbdmax", &wish.dbdmax, NULL },
                                        { "backups", &wish.backups, NULL },   { "config", &wish.config, NULL },
                                        { "json", NULL, &as_json },           { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "children", CONNECTIONS_MAX, &wish.children);
    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "dbdmax", CONNECTIONS_MAX, &wish.dbdmax);
    if (status != MT_CTL_GO_ON)
        return status;
    if (!wish.children != !wish.dbdmax)
        return mt_ctl_refuse(ctl, "use --children and --dbdmax together");
    status = mt_ctl_finish(ctl, examine(ctl, &wish, as_json, &problems));
    return problems ? MT_CTL_FAILED : status;
}
