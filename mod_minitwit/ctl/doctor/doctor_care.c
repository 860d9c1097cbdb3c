/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "admin/plain.h"
#include "core/reserved.h"
#include "store/value.h"

#include <apr_strings.h>

/* With a daily prune, a site does not have this many sessions that expired more than two days ago. */
#define EXPIRED_MANY 1000

/* More groups of names are only counted. */
#define NAMES_SHOWN 10

#define HOW_TO_RENAME                                                                                                  \
    "To rename a user, run in psql as minitwit_owner: update users set username = 'NEW NAME' where id = ID;"

static void examine_size(mt_doctor_t *doctor)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(doctor, "size",
                            mt_plain_run(doctor->pg, doctor->pool,
                                         "select pg_size_pretty(pg_database_size(current_database()))", 0, NULL,
                                         &result)))
        return;
    mt_ctl_doctor_add(doctor, "size", MT_DOCTOR_OK,
                      apr_psprintf(doctor->pool,
                                   "the database takes %s; run df -h on its machine to see the free space",
                                   PQgetvalue(result, 0, 0)),
                      NULL);
    PQclear(result);
}

/* A role sees the statistics of a table only if it may read the table, hence has_table_privilege. */
static void examine_statistics(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "statistics",
        .level = MT_DOCTOR_WARNING,
        .fine = "PostgreSQL has statistics of every large table",
        .wrong = "queries may be slow, because PostgreSQL has no statistics of these large tables",
        .role = "minitwit_owner",
    };

    mt_ctl_doctor_examine_list(doctor, &list,
                               "select string_agg(c.relname, ', ' order by c.relname), "
                               "string_agg(format('analyze %I;', c.relname), ' ' order by c.relname) from pg_class c "
                               "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' "
                               "and pg_relation_size(c.oid) > 8 * 1024 * 1024 and (c.reltuples < 0 "
                               "or (has_table_privilege(c.oid, 'select') and not exists (select from pg_stats s "
                               "where s.schemaname = 'public' and s.tablename = c.relname)))",
                               0, NULL);
}

static void examine_sessions(mt_doctor_t *doctor)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(
            doctor, "sessions",
            mt_plain_run(doctor->pg, doctor->pool,
                         "select count(*) from public.sessions where expires_at < now() - interval '2 days'", 0, NULL,
                         &result)))
        return;
    apr_int64_t count = mt_value_integer(result, 0, 0);
    int is_fine = count < EXPIRED_MANY;
    PQclear(result);
    mt_ctl_doctor_add(
        doctor, "sessions", is_fine ? MT_DOCTOR_OK : MT_DOCTOR_WARNING,
        apr_psprintf(doctor->pool, "sessions that expired more than two days ago: %" APR_INT64_T_FMT, count),
        is_fine ? NULL
                : "Run minitwitctl prune each day, for example with minitwit-prune.timer: see " MT_DOC_DIR
                  "/operations.md.");
}

/* Names with the same NFC look the same. The comparison of lengths skips names of ASCII characters. */
static void examine_names(mt_doctor_t *doctor)
{
    const char *most[] = { APR_STRINGIFY(NAMES_SHOWN) };
    PGresult *result;

    if (mt_ctl_doctor_fails(
            doctor, "names",
            mt_plain_run(doctor->pg, doctor->pool,
                         "select count(*), string_agg(format('\"%s\" (ids %s)', name, ids), ', ') "
                         "filter (where number <= $1::bigint) from ("
                         "select normalize(username, nfc) as name, string_agg(id::text, ', ' order by id) as ids, "
                         "row_number() over (order by min(id)) as number from public.users "
                         "where octet_length(username) <> char_length(username) group by 1 having count(*) > 1) n",
                         1, most, &result)))
        return;
    apr_int64_t count = mt_value_integer(result, 0, 0);
    if (count == 0)
        mt_ctl_doctor_add(doctor, "names", MT_DOCTOR_OK, "no two users have the same name in Unicode NFC", NULL);
    else
        mt_ctl_doctor_add(
            doctor, "names", MT_DOCTOR_WARNING,
            apr_psprintf(doctor->pool,
                         "names that look the same, because they have the same Unicode NFC: %" APR_INT64_T_FMT ": %s%s",
                         count, PQgetvalue(result, 0, 1), count > NAMES_SHOWN ? ", ..." : ""),
            "Each user keeps their name and can log in. " HOW_TO_RENAME);
    PQclear(result);
}

/* Such a user registered before the site reserved the name, or was imported. No reserved name needs quotes in an array.
 */
static void examine_reserved_names(mt_doctor_t *doctor)
{
    const char *names[] = { "{.,.." };
    PGresult *result;

    for (const char *const *name = mt_reserved_names; *name; name++)
        names[0] = apr_pstrcat(doctor->pool, names[0], ",", *name, NULL);
    names[0] = apr_pstrcat(doctor->pool, names[0], "}", NULL);
    if (mt_ctl_doctor_fails(doctor, "reserved names",
                            mt_plain_run(doctor->pg, doctor->pool,
                                         "select string_agg(format('\"%s\" (id %s)', username, id), ', ' order by id) "
                                         "from public.users where username = any($1::text[])",
                                         1, names, &result)))
        return;
    if (PQgetisnull(result, 0, 0))
        mt_ctl_doctor_add(doctor, "reserved names", MT_DOCTOR_OK, "no user has a name that the site reserves", NULL);
    else
        mt_ctl_doctor_add(
            doctor, "reserved names", MT_DOCTOR_WARNING,
            apr_pstrcat(doctor->pool, "users with names that the site reserves: ", PQgetvalue(result, 0, 0), NULL),
            "Each user keeps their name and can log in, but others cannot reach all of their pages. " HOW_TO_RENAME);
    PQclear(result);
}

void mt_ctl_doctor_care_examine(mt_doctor_t *doctor)
{
    examine_size(doctor);
    examine_statistics(doctor);
    if (doctor->is_schema_known) {
        examine_sessions(doctor);
        examine_names(doctor);
        examine_reserved_names(doctor);
    }
}
