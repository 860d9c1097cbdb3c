/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "admin/plain.h"
#include "store/rights.h"
#include "store/value.h"

#include <apr_strings.h>

/* All relations in the schema, except those of extensions. */
#define RELATIONS                                                                                                      \
    "relations as (select c.oid, c.relname::text, c.relkind from pg_class c "                                          \
    "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not exists "    \
    "(select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')), "

/* For each right, whether the role has it. Rights that can be granted by column are checked by column, because a right
 * on the whole table is a right on each of its columns. PostgreSQL 17 introduced "maintain". Of the functions, only
 * those count that run with the rights of their owner. Their kind is "x". */
#define RIGHTS                                                                                                         \
    "rights as ("                                                                                                      \
    "select c.relname, c.relkind, a.attname, p.privilege, has_column_privilege($1::name, c.oid, a.attnum, "            \
    "p.privilege) "                                                                                                    \
    "as is_there from relations c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "  \
    "cross join (values ('select'), ('insert'), ('update'), ('references')) p (privilege) where c.relkind <> 'S' "     \
    "union all select c.relname, c.relkind, null, p.privilege, has_table_privilege($1::name, c.oid, p.privilege) "     \
    "from relations c cross join (values ('delete'), ('truncate'), ('trigger') "                                       \
    "union all select 'maintain' where current_setting('server_version_num')::int >= 170000) p (privilege) "           \
    "where c.relkind <> 'S' "                                                                                          \
    "union all select c.relname, c.relkind, null, p.privilege, has_sequence_privilege($1::name, c.oid, p.privilege) "  \
    "from relations c cross join (values ('usage'), ('select'), ('update')) p (privilege) where c.relkind = 'S' "      \
    "union all select format('%I(%s)', f.proname, pg_get_function_identity_arguments(f.oid)) collate \"C\", "          \
    "'x', null, 'execute', has_function_privilege($1::name, f.oid, 'execute') from pg_proc f "                         \
    "where f.pronamespace = 'public'::regnamespace and f.prosecdef and not exists (select from pg_depend d "           \
    "where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')), "

#define WRONG                                                                                                          \
    "wrong as (select r.relname, r.relkind, r.privilege, r.is_there, string_agg(r.attname, ', ' order by r.attname) "  \
    "as columns from rights r where r.is_there <> exists (select from wanted w where w.relation = r.relname "          \
    "and w.privilege = r.privilege and (w.columns is null or r.attname = any (w.columns))) "                           \
    "group by 1, 2, 3, 4), "

#define OBJECT                                                                                                         \
    "case relkind when 'S' then format('sequence %I', relname) when 'x' then 'function ' || relname "                  \
    "else format('table %I', relname) end"

/* Revoking a right on a column does not revoke the same right on the table. So this revokes all rights on the table,
 * and grants the needed ones again. */
#define REMEDIES                                                                                                       \
    "remedies as (select relname, case when bool_or(is_there) then "                                                   \
    "format('revoke all on %s from %I, public; ', " OBJECT ", $1::name) else '' end "                                  \
    "|| coalesce((select string_agg(format('grant %s%s on %s to %I; ', w.privilege, "                                  \
    "' (' || array_to_string(w.columns, ', ') || ')', " OBJECT ", $1::name), '' order by w.privilege) "                \
    "from wanted w where w.relation = relname), '') as sql "                                                           \
    "from wrong group by relname, relkind) "

static void examine_rights(mt_doctor_t *doctor)
{
    const mt_doctor_list_t list = {
        .check = "rights",
        .level = MT_DOCTOR_PROBLEM,
        .fine = apr_psprintf(doctor->pool, "%s has exactly the rights that the site's statements need", doctor->site),
        .wrong = apr_psprintf(doctor->pool, "the role %s has wrong rights", doctor->site),
        .role = "minitwit_owner",
    };
    const char *values[] = { doctor->site };

    mt_ctl_doctor_examine_list(doctor, &list,
                               "with " MT_RIGHTS_WANTED ", " RELATIONS RIGHTS WRONG REMEDIES
                               "select (select string_agg(format('%s %s on %s%s', "
                               "case when is_there then 'should not have' else 'lacks' end, privilege, relname, "
                               "' (' || columns || ')'), '; ' order by relname, privilege) from wrong), "
                               "(select 'begin; ' || string_agg(sql, '' order by relname) || 'commit;' from remedies)",
                               1, values);
}

static void examine_powers(mt_doctor_t *doctor)
{
    const mt_doctor_list_t list = {
        .check = "powers",
        .level = MT_DOCTOR_PROBLEM,
        .fine = apr_psprintf(doctor->pool, "%s has no powers beyond the site's tables", doctor->site),
        .wrong = apr_psprintf(doctor->pool, "the role %s has wrong powers", doctor->site),
        .role = "a superuser",
    };
    const char *values[] = { doctor->site };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(power, '; '), string_agg(make, ' ') from pg_roles r cross join lateral ("
        "select 'is a superuser' as power, format('alter role %I nosuperuser;', rolname) as make where rolsuper "
        "union all select 'may create databases', format('alter role %I nocreatedb;', rolname) "
        "where rolcreatedb "
        "union all select 'may create roles', format('alter role %I nocreaterole;', rolname) "
        "where rolcreaterole "
        "union all select 'may replicate', format('alter role %I noreplication;', rolname) "
        "where rolreplication "
        "union all select 'bypasses row security', format('alter role %I nobypassrls;', rolname) "
        "where rolbypassrls "
        "union all select 'is a member of ' || m.rolname, format('revoke %I from %I;', m.rolname, r.rolname) "
        "from pg_roles m where m.rolname in ('minitwit_owner', 'pg_read_all_data', 'pg_write_all_data', "
        "'pg_maintain', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') "
        "and not r.rolsuper and pg_has_role(r.oid, m.oid, 'member') "
        "union all select 'may create objects in the schema public', "
        "format('revoke create on schema public from %I, public;', r.rolname) "
        "where not r.rolsuper and has_schema_privilege(r.oid, 'public', 'create') "
        "union all select 'lacks the right to use the schema public', "
        "format('grant usage on schema public to %I;', r.rolname) "
        "where not has_schema_privilege(r.oid, 'public', 'usage') "
        "union all select 'may create schemas', "
        "format('revoke create on database %I from %I, public;', current_database(), r.rolname) "
        "where not r.rolsuper and has_database_privilege(r.oid, current_database(), 'create')) p "
        "where r.rolname = $1::name",
        1, values);
}

/* As mt_database_rights_limit grants the rights on a new database. */
static void examine_access(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "access",
        .level = MT_DOCTOR_WARNING,
        .fine = "other roles may not connect to the database, and httpd's role may not create temporary tables",
        .wrong = "roles have rights on the database that the site does not need",
        .role = "minitwit_owner",
    };
    const char *values[] = { doctor->site };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(format('%s %s', case a.grantee when 0 then 'every role may' else $1::text || ' may' end, "
        "case a.privilege_type when 'CONNECT' then 'connect' else 'create temporary tables' end), '; ' "
        "order by a.privilege_type), "
        "format('grant connect on database %1$I to minitwit_site, pg_monitor; "
        "revoke connect on database %1$I from public; revoke temporary on database %1$I from public, %2$I;', "
        "current_database(), $1::text) "
        "from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a "
        "where d.datname = current_database() and (a.grantee = 0 and a.privilege_type in ('CONNECT', 'TEMPORARY') "
        "or a.grantee = to_regrole(quote_ident($1)) and a.privilege_type = 'TEMPORARY')",
        1, values);
}

static void examine_settings(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "settings",
        .level = MT_DOCTOR_WARNING,
        .fine = "PostgreSQL's log does not contain texts or hashes of users",
        .wrong = "PostgreSQL's log may contain texts and password hashes of users, because roles lack settings",
        .role = "a superuser",
    };
    const char *values[] = { doctor->site };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(format('%s: %s = %s', role, name, value), ', '), "
        "string_agg(format('alter role %I set %s = %s;', role, name, value), ' ') from (values "
        "($1::text, 'log_parameter_max_length', '0'), ($1::text, 'log_parameter_max_length_on_error', '0'), "
        "($1::text, 'log_error_verbosity', 'terse'), ('minitwit_owner', 'log_parameter_max_length', '0'), "
        "('minitwit_owner', 'log_parameter_max_length_on_error', '0')) wanted (role, name, value) "
        "where not exists (select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole "
        "where r.rolname = role and name || '=' || value = any (s.setconfig) and s.setdatabase in "
        "(0, (select oid from pg_database where datname = current_database())))",
        1, values);
}

/* The sequence of an identity column always has the owner of the table. */
static void examine_ownership(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "ownership",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "minitwit_owner owns the database and all objects in it",
        .wrong = "migrations fail, because minitwit_owner does not own all objects",
        .role = "a superuser",
    };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(format('%s %s belongs to %s', kind, name, pg_get_userbyid(owner)), ', ' order by kind, "
        "name), "
        "string_agg(format('alter %s %s owner to minitwit_owner;', kind, name), ' ' order by kind, name) from ("
        "select 'database' as kind, quote_ident(datname) as name, datdba as owner from pg_database "
        "where datname = current_database() "
        "union all select 'table', c.oid::regclass::text, c.relowner from pg_class c "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') "
        "and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid "
        "and d.deptype in ('e', 'i', 'a')) "
        "union all select 'function', p.oid::regprocedure::text, p.proowner from pg_proc p "
        "where p.pronamespace = 'public'::regnamespace and not exists (select from pg_depend d "
        "where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')) o "
        "where pg_get_userbyid(owner) <> 'minitwit_owner'",
        0, NULL);
}

/* Returns whether the roles of roles.sql exist. The queries of the other checks need them. */
static int has_roles(mt_doctor_t *doctor)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(doctor, "roles",
                            mt_plain_run(doctor->pg, doctor->pool,
                                         "select count(*) from pg_roles where rolname in ('minitwit_owner', "
                                         "'minitwit_site')",
                                         0, NULL, &result)))
        return 0;
    int is_there = mt_value_integer(result, 0, 0) == 2;
    PQclear(result);
    if (!is_there)
        mt_ctl_doctor_add(
            doctor, "roles", MT_DOCTOR_PROBLEM, "the role minitwit_owner or minitwit_site does not exist",
            "Run \"psql -d postgres -f roles.sql\" as a superuser, then minitwitctl migrate: see " MT_DOC_DIR
            "/database.md.");
    return is_there;
}

void mt_ctl_doctor_role_examine(mt_doctor_t *doctor)
{
    if (!has_roles(doctor))
        return;
    examine_powers(doctor);
    examine_access(doctor);
    examine_settings(doctor);
    examine_ownership(doctor);
    if (doctor->is_schema_known)
        examine_rights(doctor);
}
