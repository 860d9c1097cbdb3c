/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "admin/plain.h"
#include "core/integer.h"
#include "store/value.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#define OLDEST_SERVER 150000

#define CLOCK_OFF_MAX apr_time_from_sec(2)

static void examine_version(mt_doctor_t *doctor)
{
    const char *version = PQparameterStatus(doctor->pg, "server_version");
    int is_old = PQserverVersion(doctor->pg) < OLDEST_SERVER;

    mt_ctl_doctor_add(doctor, "server", is_old ? MT_DOCTOR_PROBLEM : MT_DOCTOR_OK,
                      apr_psprintf(doctor->pool, "PostgreSQL %s%s", version, is_old ? " is too old" : ""),
                      is_old ? "Upgrade the server to PostgreSQL 15 or newer, on Debian with pg_upgradecluster."
                             : NULL);
}

static void examine_writes(mt_doctor_t *doctor)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(doctor, "writes",
                            mt_plain_run(doctor->pg, doctor->pool,
                                         "select pg_is_in_recovery(), current_setting('transaction_read_only')", 0,
                                         NULL, &result)))
        return;
    doctor->is_read_only = strcmp(PQgetvalue(result, 0, 1), "on") == 0;
    if (*PQgetvalue(result, 0, 0) == 't')
        mt_ctl_doctor_add(doctor, "writes", MT_DOCTOR_PROBLEM, "the server is a standby, which accepts no writes",
                          "Name all servers in the connection string, with target_session_attrs=read-write: see \"Two "
                          "servers\" in " MT_DOC_DIR "/database.md.");
    else if (doctor->is_read_only)
        mt_ctl_doctor_add(
            doctor, "writes", MT_DOCTOR_PROBLEM, "transactions are read-only",
            "Find where default_transaction_read_only is set, and reset it: select source, sourcefile from "
            "pg_settings where name = 'default_transaction_read_only'; select * from pg_db_role_setting;");
    else
        mt_ctl_doctor_add(doctor, "writes", MT_DOCTOR_OK, "the server accepts writes", NULL);
    PQclear(result);
}

static void examine_encoding(mt_doctor_t *doctor)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(doctor, "encoding",
                            mt_plain_run(doctor->pg, doctor->pool,
                                         "select pg_encoding_to_char(encoding), datcollate from pg_database "
                                         "where datname = current_database()",
                                         0, NULL, &result)))
        return;
    const char *encoding = PQgetvalue(result, 0, 0);
    int is_fine = strcmp(encoding, "UTF8") == 0;
    mt_ctl_doctor_add(
        doctor, "encoding", is_fine ? MT_DOCTOR_OK : MT_DOCTOR_PROBLEM,
        apr_psprintf(doctor->pool, "the database has the encoding %s and the locale %s", encoding,
                     PQgetvalue(result, 0, 1)),
        is_fine ? NULL
                : "Create another database with \"createdb --owner=minitwit_owner --encoding=UTF8 "
                  "--template=template0\", migrate it, and copy all data with minitwitctl export and import.");
    PQclear(result);
}

/* The server reads its clock between the two readings of the local clock. So only a time outside of these two shows
 * that the clocks differ. */
static void examine_clock(mt_doctor_t *doctor)
{
    PGresult *result;
    apr_time_t before = apr_time_now();
    const char *message = mt_plain_run(
        doctor->pg, doctor->pool, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint", 0, NULL, &result);
    apr_time_t after = apr_time_now();

    if (mt_ctl_doctor_fails(doctor, "clock", message))
        return;
    apr_time_t there = mt_value_integer(result, 0, 0);
    apr_time_t off = there > after ? there - after : there < before ? before - there : 0;
    PQclear(result);
    if (off <= CLOCK_OFF_MAX)
        mt_ctl_doctor_add(doctor, "clock", MT_DOCTOR_OK, "the clocks of the server and of this machine agree", NULL);
    else
        mt_ctl_doctor_add(doctor, "clock", MT_DOCTOR_PROBLEM,
                          apr_psprintf(doctor->pool,
                                       "the server's clock, which dates messages and sessions, is %" APR_TIME_T_FMT
                                       " s %s this machine's",
                                       apr_time_sec(off), there > after ? "ahead of" : "behind"),
                          "Synchronize both machines with NTP. Run on each: timedatectl set-ntp true && timedatectl");
}

static void examine_durability(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "durability",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "a crash loses no committed data (fsync, full_page_writes, synchronous_commit)",
        .wrong = "a crash can lose committed data or damage the database",
        .role = "a superuser, after you remove the setting from postgresql.conf, DBDParams and pg_db_role_setting",
    };

    mt_ctl_doctor_examine_list(doctor, &list,
                               "select string_agg(name || ' = ' || setting, ', ' order by name), "
                               "string_agg(format('alter system reset %s; ', name), '' order by name) "
                               "|| 'select pg_reload_conf();' from pg_settings "
                               "where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'",
                               0, NULL);
}

static void examine_upkeep(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "autovacuum",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "autovacuum and track_counts are on",
        .wrong = "tables grow and become slow, because PostgreSQL does not vacuum them",
        .role = "a superuser, after you remove the setting from postgresql.conf",
    };

    mt_ctl_doctor_examine_list(doctor, &list,
                               "select string_agg(name || ' = ' || setting, ', ' order by name), "
                               "string_agg(format('alter system reset %s; ', name), '' order by name) "
                               "|| 'select pg_reload_conf();' from pg_settings "
                               "where name in ('autovacuum', 'track_counts') and setting = 'off'",
                               0, NULL);
}

void mt_ctl_doctor_server_examine(mt_doctor_t *doctor)
{
    examine_version(doctor);
    examine_writes(doctor);
    examine_encoding(doctor);
    examine_clock(doctor);
    examine_durability(doctor);
    examine_upkeep(doctor);
}

/* PostgreSQL 16 introduced reserved_connections. A limit of -1 means that there is none. */
static void examine_room(mt_doctor_t *doctor, const mt_doctor_wish_t *wish)
{
    const char *values[] = { doctor->site };
    PGresult *result;

    if (mt_ctl_doctor_fails(
            doctor, "connections",
            mt_plain_run(doctor->pg, doctor->pool,
                         "select least(current_setting('max_connections')::bigint "
                         "- current_setting('superuser_reserved_connections')::int "
                         "- coalesce(current_setting('reserved_connections', true)::int, 0), "
                         "(select nullif(rolconnlimit, -1) from pg_roles where rolname = $1::name), "
                         "(select nullif(datconnlimit, -1) from pg_database where datname = current_database())), "
                         "(select count(*) from pg_stat_activity where backend_type = 'client backend')",
                         1, values, &result)))
        return;
    apr_int64_t left = mt_value_integer(result, 0, 0), used = mt_value_integer(result, 0, 1);
    PQclear(result);
    const char *state = apr_psprintf(doctor->pool,
                                     "max_connections and the limits of role and database allow %" APR_INT64_T_FMT
                                     " connections; in use: %" APR_INT64_T_FMT,
                                     left, used);
    apr_int64_t wanted = wish->children ? apr_atoi64(wish->children) * apr_atoi64(wish->dbdmax) : 0;
    const char *remedy = "Lower DBDMax (and DBDKeep), or raise max_connections and restart PostgreSQL.";
    if (wanted)
        state = apr_psprintf(doctor->pool, "%s; %s children with DBDMax %s may open %" APR_INT64_T_FMT, state,
                             wish->children, wish->dbdmax, wanted);
    if (wanted > left)
        mt_ctl_doctor_add(doctor, "connections", MT_DOCTOR_PROBLEM, state, remedy);
    else if (2 * wanted > left)
        mt_ctl_doctor_add(doctor, "connections", MT_DOCTOR_WARNING,
                          apr_pstrcat(doctor->pool, state, ", and twice as many during a graceful restart", NULL),
                          remedy);
    else if (used * 100 > left * 85)
        mt_ctl_doctor_add(doctor, "connections", MT_DOCTOR_WARNING, state,
                          "Find the clients that use them: " MT_DOC_DIR
                          "/runbooks.md#minitwitpostgresqlconnectionsnearlyexhausted");
    else
        mt_ctl_doctor_add(doctor, "connections", MT_DOCTOR_OK,
                          wanted ? state
                                 : apr_pstrcat(doctor->pool, state,
                                               "; httpd may open children × DBDMax × 2 (see --children and --dbdmax)",
                                               NULL),
                          NULL);
}

void mt_ctl_doctor_connections_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish)
{
    examine_room(doctor, wish);
}
