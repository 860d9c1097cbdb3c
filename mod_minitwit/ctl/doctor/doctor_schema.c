/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "admin/plain.h"
#include "store/schema.h"
#include "store/statement.h"
#include "store/value.h"

#define OWNER "minitwit_owner"

static const char *load_schema(const mt_doctor_t *doctor, mt_schema_t *schema)
{
    const mt_statement_t *statement = mt_statement_get(MT_STATEMENT_SCHEMA_VERSION);
    PGresult *result;
    const char *message =
        mt_plain_run(doctor->pg, doctor->pool, "select to_regclass('public.schema_version') is null", 0, NULL, &result);
    int is_empty = !message && *PQgetvalue(result, 0, 0) == 't';

    *schema = (mt_schema_t){ 0 };
    PQclear(result);
    if (message || is_empty)
        return message;
    message = mt_plain_run(doctor->pg, doctor->pool, statement->sql, 0, NULL, &result);
    if (!message) {
        schema->version = (int)mt_value_integer(result, 0, 0);
        schema->works_with = (int)mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

static void examine_version(mt_doctor_t *doctor)
{
    mt_schema_t schema;

    if (mt_ctl_doctor_fails(doctor, "schema", load_schema(doctor, &schema)))
        return;
    doctor->is_schema_known = schema.version == MT_SCHEMA_VERSION;
    mt_ctl_doctor_add(doctor, "schema", mt_schema_fit(&schema) == MT_SCHEMA_FITS ? MT_DOCTOR_OK : MT_DOCTOR_PROBLEM,
                      mt_schema_describe(&schema, doctor->pool), mt_schema_advise(&schema));
    if (!doctor->is_schema_known)
        mt_ctl_doctor_add(
            doctor, "contents", MT_DOCTOR_UNKNOWN,
            "rights, indexes, sequences, sessions and backups were not checked, because the schema has another version",
            "Use the minitwitctl that belongs to the schema. Or run minitwitctl migrate, then this command again.");
}

static void examine_collation(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "collation",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "usernames are compared byte by byte",
        .wrong =
            "usernames are not compared byte by byte, so an update of the system's locales can corrupt their index",
        .role = OWNER,
    };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(format('users.username has the collation %s', c.collname), ', '), "
        "string_agg('alter table users alter column username type text collate \"C\";', ' ') "
        "from pg_attribute a join pg_collation c on c.oid = a.attcollation "
        "where a.attrelid = 'public.users'::regclass and a.attname = 'username' and c.collname <> 'C'",
        0, NULL);
}

static void examine_invalid_indexes(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "invalid indexes",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "every index is valid",
        .wrong = "PostgreSQL does not use these invalid indexes",
        .role = OWNER,
    };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(c.relname, ', ' order by c.relname), "
        "string_agg(format('reindex index concurrently %I;', c.relname), ' ' order by c.relname) "
        "from pg_index i join pg_class c on c.oid = i.indexrelid "
        "where c.relnamespace = 'public'::regnamespace and not (i.indisvalid and i.indisready)",
        0, NULL);
}

static void examine_missing_indexes(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "missing indexes",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "every index of the schema exists",
        .wrong = "pages get slow or rows are duplicated, because indexes are missing",
        .role = OWNER,
    };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(name, ', ' order by name), string_agg(make || ';', ' ' order by name) from (values "
        "('schema_version_pkey', 'alter table schema_version add primary key (version)'), "
        "('users_pkey', 'alter table users add primary key (id)'), "
        "('users_username_key', 'alter table users add unique (username)'), "
        "('users_disabled', 'create index concurrently users_disabled on users (username) "
        "where starts_with(password_hash, ''!'')'), "
        "('users_lower', 'create index concurrently users_lower on users (lower(username))'), "
        "('search_pkey', 'alter table search add primary key (message_id)'), "
        "('search_progress_pkey', 'alter table search_progress add primary key (only_row)'), "
        "('search_words', 'create index concurrently search_words on search using gin (words)'), "
        "('messages_pkey', 'alter table messages add primary key (id)'), "
        "('messages_newest', 'create index concurrently messages_newest on messages (pub_date desc, id desc) "
        "where not flagged'), "
        "('messages_newest_by_author', 'create index concurrently messages_newest_by_author on messages "
        "(author_id, pub_date desc, id desc) where not flagged'), "
        "('messages_flagged', 'create index concurrently messages_flagged on messages (id) where flagged'), "
        "('messages_author', 'create index concurrently messages_author on messages (author_id)'), "
        "('answers_pkey', 'alter table answers add primary key (message_id)'), "
        "('answers_in_order', 'create index concurrently answers_in_order on answers "
        "(answered_id, pub_date, message_id) where not flagged'), "
        "('mentions_pkey', 'alter table mentions add primary key (message_id, user_id)'), "
        "('mentions_in_order', 'create index concurrently mentions_in_order on mentions "
        "(user_id, flagged, pub_date, message_id)'), "
        "('message_tags_pkey', 'alter table message_tags add primary key (message_id, tag)'), "
        "('message_tags_in_order', 'create index concurrently message_tags_in_order on message_tags "
        "(tag, pub_date, message_id) where not flagged'), "
        "('followers_pkey', 'alter table followers add primary key (who_id, whom_id)'), "
        "('followers_whom_in_order', 'create index concurrently followers_whom_in_order on followers (whom_id, id) "
        "include (who_id)'), "
        "('followers_in_order', 'create index concurrently followers_in_order on followers (who_id, id) "
        "include (whom_id)'), "
        "('sessions_pkey', 'alter table sessions add primary key (token_hash)'), "
        "('sessions_user', 'create index concurrently sessions_user on sessions (user_id)'), "
        "('sessions_expires', 'create index concurrently sessions_expires on sessions (expires_at)'), "
        "('backup_pkey', 'alter table backup add primary key (only_row)'), "
        "('site_pkey', 'alter table site add primary key (only_row)'), "
        "('audit_pkey', 'alter table audit add primary key (id)')) "
        "schema (name, make) where to_regclass('public.' || name) is null",
        0, NULL);
}

static void examine_constraints(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "constraints",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "every constraint is validated",
        .wrong = "rows may violate these constraints, which are not validated",
        .role = OWNER,
    };

    mt_ctl_doctor_examine_list(
        doctor, &list,
        "select string_agg(format('%s of %s', conname, conrelid::regclass), ', ' order by conname), "
        "string_agg(format('alter table %s validate constraint %I;', conrelid::regclass, conname), ' ' "
        "order by conname) from pg_constraint "
        "where connamespace = 'public'::regnamespace and not convalidated",
        0, NULL);
}

static void examine_sequences(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "sequences",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "no sequence is behind the ids of its table",
        .wrong = "new rows are refused, because sequences are behind the ids of their tables",
        .role = OWNER,
    };

    if (!doctor->is_owner) {
        mt_ctl_doctor_add(doctor, list.check, MT_DOCTOR_UNKNOWN, "only minitwit_owner may read the sequences",
                          "Run minitwitctl doctor as minitwit_owner.");
        return;
    }
    /* Materialized, because followers has no index by id, and each sequence would cause another scan of the table. */
    mt_ctl_doctor_examine_list(
        doctor, &list,
        "with t as materialized (select 'users_id_seq' as name, max(id) as newest from public.users "
        "union all select 'messages_id_seq', max(id) from public.messages "
        "union all select 'followers_id_seq', max(id) from public.followers "
        "union all select 'audit_id_seq', max(id) from public.audit) "
        "select string_agg(format('%s (at %s, the table has id %s)', sequencename, coalesce(last_value, 0), newest), "
        "', ' order by sequencename), string_agg(format('select setval(%L, %s);', sequencename, newest), ' ' "
        "order by sequencename) from t "
        "join pg_sequences s on s.schemaname = 'public' and s.sequencename = t.name "
        "where coalesce(last_value, 0) < newest",
        0, NULL);
}

static void examine_site(mt_doctor_t *doctor)
{
    static const mt_doctor_list_t list = {
        .check = "identity",
        .level = MT_DOCTOR_PROBLEM,
        .fine = "the site has an identity for its feeds",
        .wrong = "the feeds of the site fail, because it has no identity",
        .role = OWNER,
    };

    mt_ctl_doctor_examine_list(doctor, &list,
                               "select case when not exists (select from public.site) then 'table site is empty' end, "
                               "'insert into site default values;'",
                               0, NULL);
}

void mt_ctl_doctor_schema_examine(mt_doctor_t *doctor)
{
    examine_version(doctor);
    if (!doctor->is_schema_known)
        return;
    examine_collation(doctor);
    examine_invalid_indexes(doctor);
    examine_missing_indexes(doctor);
    examine_constraints(doctor);
    examine_sequences(doctor);
    examine_site(doctor);
}
