/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/statement.h"

#include "store/rights.h"
#include "store/statement_search.h"

#include <apr_general.h>

#define MESSAGE_COLUMNS                                                                                                \
    "m.id, u.username, u.email, u.avatar, m.text, (extract(epoch from m.pub_date) * 1000000)::bigint, "                \
    "m.answers_id, (select username from users where id = m.answers_author_id) "

/* A message by its id. PostgreSQL does not move conditions across "offset 0". Otherwise it would combine the id with
 * "not flagged", and could search a partial index whose first columns have no condition, because this looks cheap while
 * the site is empty. */
#define MESSAGE_BY_ID(id) "(select * from messages where id = " id " offset 0) m"

/* Messages m with MESSAGE_COLUMNS. The author of the answered message may be deleted. The subquery for their name has
 * only one plan, unlike a join. */
#define MESSAGES_FROM(from) "select " MESSAGE_COLUMNS "from " from " join users u on u.id = m.author_id "

/* The statements of a timeline have two forms. The order of the second is the reverse, so that its limit keeps the
 * messages next to the place where the page begins: the key of a message, which is its date $2 in microseconds since
 * 1970 and its id $3 (core/cursor.h). In the first form, $2 is null for the newest messages. The schema allows only
 * finite dates. A number of microseconds is split, because "bigint * interval" computes with double precision. */
#define DATE                                                                                                           \
    "timestamptz 'epoch' + $2::bigint / 1000000 * interval '1 second' + $2::bigint % 1000000 * interval '1 "           \
    "microsecond'"
#define OLDER        "not m.flagged and (m.pub_date, m.id) < (coalesce(" DATE ", 'infinity'), $3::bigint) "
#define NEWER        "not m.flagged and (m.pub_date, m.id) > (" DATE ", $3::bigint) "
#define NEWEST_FIRST "order by m.pub_date desc, m.id desc "
#define OLDEST_FIRST "order by m.pub_date, m.id "

/* The user with exactly this name, else the user with its NFC (core/name.h), which is null if the name is in NFC. */
#define NAMED(name, nfc) "where username in (" name ", " nfc ") order by username = " name " desc limit 1"

/* Subqueries for a single id. The planner treats them like parameters: each runs once, before the rest of the
 * statement. If there is no such row, the id is null. Null equals no value, so the statement reads no index. */
#define USER_NAMED(name, nfc) "(select id from users " NAMED(name, nfc) ")"
#define SESSION_USER(hash)    "select user_id from sessions where token_hash = " hash "::bytea and expires_at > now()"

/* The user of a session that has not ended, as a subquery with mt_users_take's columns. A write by this user joins it,
 * so that a session that has ended since the request began writes nothing. */
#define VISITOR(hash)                                                                                                  \
    "(select u.id, u.username, u.email, u.avatar from (" SESSION_USER(hash) ") s join users u on u.id = s.user_id)"

#define FEW_FOLLOWEES APR_STRINGIFY(MT_STATEMENT_FEW_FOLLOWEES)

#define COUNTED_MAX APR_STRINGIFY(MT_STATEMENT_COUNTED_MAX)

#define SESSIONS_MAX APR_STRINGIFY(MT_STATEMENT_SESSIONS_MAX)

/* Counts a user's followees, but no further than necessary to distinguish few from many. */
#define FOLLOWEES(user)                                                                                                \
    "(select count(*) from (select from followers f where f.who_id = " user " limit " FEW_FOLLOWEES " + 1) c)"

/* A page of the users at one end of a user's follows: (whom_id, who_id) for followers, (who_id, whom_id) for followees.
 * order is "< $4 order by f.id desc" or "> $4 order by f.id". */
#define PEOPLE(of, other, order)                                                                                       \
    "select f.id, u.username, u.email, u.avatar, u.about from followers f join users u on u.id = f." other " "         \
    "where f." of " = " USER_NAMED("$1", "$2") " and f.id " order " limit $3"

/* Counts the new mentions of user u. */
#define NEW_MENTIONS                                                                                                   \
    "(select count(*) from (select n.message_id from mentions n "                                                      \
    "where n.user_id = u.id and not n.flagged and n.pub_date > u.mentions_seen "                                       \
    "order by n.pub_date desc, n.message_id desc limit " APR_STRINGIFY(                                                \
        MT_STATEMENT_MENTIONS_MAX) ") n "                                                                              \
                                   "cross join lateral " MESSAGE_BY_ID("n.message_id") " where not m.flagged)"

/* The lock that the foreign key takes anyway, but earlier: a statement that waits here while a user is deleted then
 * finds no user. If the foreign key waited, the statement would fail. */
#define LOCKED " for key share"

/* Returns no row unless both users exist. lock is LOCKED or "". */
#define PAIR(lock)                                                                                                     \
    "select who.id as who_id, whom.id as whom_id from (select id from users " NAMED("$1", "$2") lock                   \
        ") who "                                                                                                       \
        "cross join (select id from users " NAMED("$3", "$4") lock ") whom"

/* Stores the mentions and tags of the message in the CTE "added". names and tags come from store/marks.h. The author of
 * the answered message counts as mentioned. */
#define MARKS(names, tags)                                                                                             \
    "mentioned as (select n.id from json_to_recordset(" names "::json) w (name text, nfc text) "                       \
    "cross join lateral (select id from users " NAMED("w.name", "w.nfc") LOCKED                                        \
        ") n), "                                                                                                       \
        "noticed as (insert into mentions (user_id, pub_date, message_id) select w.id, added.pub_date, added.id "      \
        "from added cross join (select id from mentioned union select answers_author_id from added) w "                \
        "where w.id <> added.author_id), "                                                                             \
        "tagged as (insert into message_tags (tag, pub_date, message_id) select w.tag, added.pub_date, added.id "      \
        "from added cross join json_array_elements_text(" tags "::json) w (tag)) "

#define PUBLIC(part, order) MESSAGES_FROM("messages m") "where " part order "limit $1"

#define BY_USER(part, order)                                                                                           \
    MESSAGES_FROM("messages m") "where m.author_id = " USER_NAMED("$4", "$5") " and " part order "limit $1"

/* Messages that a table n lists: answers, mentions or message_tags. The order is that of its index, so that the
 * statement reads no more rows than a page needs. The message itself may be flagged, too: a minitwitctl for schema
 * version 7 changes only this flag. */
#define LISTED_OLDER        "(n.pub_date, n.message_id) < (coalesce(" DATE ", 'infinity'), $3::bigint) "
#define LISTED_NEWER        "(n.pub_date, n.message_id) > (" DATE ", $3::bigint) "
#define LISTED_NEWEST_FIRST "order by n.pub_date desc, n.message_id desc "
#define LISTED_OLDEST_FIRST "order by n.pub_date, n.message_id "
#define LISTED(table, key, part, order)                                                                                \
    MESSAGES_FROM(table " n cross join lateral " MESSAGE_BY_ID("n.message_id"))                                        \
    "where " key " and not n.flagged and not m.flagged and " part order "limit $1"
#define ANSWERS(part, order)    LISTED("answers", "n.answered_id = $4::bigint", part, order)
#define MENTIONING(part, order) LISTED("mentions", "n.user_id = (" SESSION_USER("$4") ")", part, order)
#define TAGGED(part, order)     LISTED("message_tags", "n.tag = $4", part, order)

/* Reads the ids of each author from the index alone, and fetches only the messages of the page. */
#define HOME_FEW(user, part, order)                                                                                    \
    MESSAGES_FROM("(select m.id from ("                                                                                \
                  "select " user " as id union all select whom_id from followers where who_id = " user ") a "          \
                  "cross join lateral (select m.id, m.pub_date from messages m "                                       \
                  "where m.author_id = a.id and " part order "limit $1) m " order "limit $1) w "                       \
                  "join messages m on m.id = w.id")                                                                    \
    order

/* For the user of the session. It returns nothing if that user has many followees. */
#define HOME_SESSION(part, order)                                                                                      \
    "with visitor as (select s.user_id from (" SESSION_USER(                                                           \
        "$4") ") s "                                                                                                   \
              "where " FOLLOWEES("s.user_id") " <= " FEW_FOLLOWEES                                                     \
                                              ") " HOME_FEW("(select user_id from visitor)", part, order)

/* For a user with many followees. A large part of the messages of all users belongs to such a timeline. */
#define HOME_MANY(part, order)                                                                                         \
    MESSAGES_FROM("(select m.* from messages m where " part order "limit 2000) m")                                     \
    "where m.author_id = $4 "                                                                                          \
    "or exists (select from followers f where f.who_id = $4 and f.whom_id = m.author_id) " order "limit $1"

static const mt_statement_t statements[MT_STATEMENT_COUNT] = {
    /* The last column is the stored name of the followee, or null if there is no such user. */
    [MT_STATEMENT_FOLLOWS_ADD] = {
        .label = "follows_add",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 3,
        .sql = "with visitor as " VISITOR("$1") ", "
               "whom as (select id, username from users " NAMED("$2", "$3") LOCKED "), "
               "added as (insert into followers (who_id, whom_id) "
               "select visitor.id, whom.id from visitor cross join whom where visitor.id <> whom.id "
               "on conflict (who_id, whom_id) do nothing) "
               "select visitor.*, (select username from whom) from visitor",
    },
    [MT_STATEMENT_FOLLOWS_ADD_BY_USERNAME] = {
        .label = "follows_add_by_username",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 4,
        .sql = "with pair as (" PAIR(LOCKED) "), "
               "added as (insert into followers (who_id, whom_id) "
               "select who_id, whom_id from pair where who_id <> whom_id "
               "on conflict (who_id, whom_id) do nothing) "
               "select from pair",
    },
    [MT_STATEMENT_FOLLOWS_EXISTS] = {
        .label = "follows_exists",
        .kind = MT_STATEMENT_READ,
        .parameters = 3,
        .sql = "select exists (select from followers "
               "where who_id = (" SESSION_USER("$1") ") and whom_id = " USER_NAMED("$2", "$3") ")::int",
    },
    [MT_STATEMENT_FOLLOWS_FOLLOWEES] = {
        .label = "follows_followees",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = PEOPLE("who_id", "whom_id", "< $4 order by f.id desc"),
    },
    [MT_STATEMENT_FOLLOWS_FOLLOWEES_NEWER] = {
        .label = "follows_followees_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = PEOPLE("who_id", "whom_id", "> $4 order by f.id"),
    },
    [MT_STATEMENT_FOLLOWS_FOLLOWERS] = {
        .label = "follows_followers",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = PEOPLE("whom_id", "who_id", "< $4 order by f.id desc"),
    },
    [MT_STATEMENT_FOLLOWS_FOLLOWERS_NEWER] = {
        .label = "follows_followers_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = PEOPLE("whom_id", "who_id", "> $4 order by f.id"),
    },
    [MT_STATEMENT_FOLLOWS_NAMES] = {
        .label = "follows_names",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = "select u.username, f.id from followers f join users u on u.id = f.whom_id "
               "where f.who_id = " USER_NAMED("$1", "$2") " and f.id > $4 order by f.id limit $3",
    },
    [MT_STATEMENT_FOLLOWS_REMOVE] = {
        .label = "follows_remove",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 3,
        .sql = "with visitor as " VISITOR("$1") ", "
               "whom as (select id, username from users " NAMED("$2", "$3") "), "
               "removed as (delete from followers f using visitor, whom "
               "where f.who_id = visitor.id and f.whom_id = whom.id) "
               "select visitor.*, (select username from whom) from visitor",
    },
    [MT_STATEMENT_FOLLOWS_REMOVE_BY_USERNAME] = {
        .label = "follows_remove_by_username",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 4,
        .sql = "with pair as (" PAIR("") "), "
               "removed as (delete from followers f using pair where f.who_id = pair.who_id and f.whom_id = pair.whom_id) "
               "select from pair",
    },
    /* Notes that the session's user has seen all their mentions. Writes nothing if they have already. A date in the
     * future, such as that of an imported message, does not hide the mentions until then. */
    [MT_STATEMENT_MENTIONS_SEE] = {
        .label = "mentions_see",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 1,
        .sql = "update users u set mentions_seen = n.pub_date from (select least(o.pub_date, now()) as pub_date "
               "from mentions o where o.user_id = (" SESSION_USER("$1") ") and not o.flagged "
               "order by o.pub_date desc, o.message_id desc limit 1) n "
               "where u.id = (" SESSION_USER("$1") ") and u.mentions_seen < n.pub_date",
    },
    [MT_STATEMENT_MESSAGES_ADD] = {
        .label = "messages_add",
        .kind = MT_STATEMENT_WRITE,
        .parameters = 2,
        .sql = "with author as " VISITOR("$1") ", "
               "added as (insert into messages (author_id, text) select id, $2::text from author) "
               "select * from author",
    },
    [MT_STATEMENT_MESSAGES_ADD_BY_USERNAME] = {
        .label = "messages_add_by_username",
        .kind = MT_STATEMENT_WRITE,
        .parameters = 3,
        .sql = "insert into messages (author_id, text) select id, $3::text from users " NAMED("$1", "$2") LOCKED,
    },
    [MT_STATEMENT_MESSAGES_ADD_BY_USERNAME_MARKED] = {
        .label = "messages_add_by_username_marked",
        .kind = MT_STATEMENT_WRITE,
        .parameters = 5,
        .sql = "with author as (select id from users " NAMED("$1", "$2") LOCKED "), "
               "added as (insert into messages (author_id, text) select id, $3::text from author "
               "returning id, author_id, pub_date, answers_author_id), "
               MARKS("$4", "$5")
               "select from author",
    },
    /* The last two columns are the id of the message and the name of the answered user. The id is null if the answered
     * message $3 does not exist or is flagged. Nothing is stored then. The lock on its author keeps this user from
     * being deleted before the mention is stored. The message itself may be deleted, because no foreign key needs it.
     */
    [MT_STATEMENT_MESSAGES_ADD_MARKED] = {
        .label = "messages_add_marked",
        .kind = MT_STATEMENT_WRITE,
        .parameters = 5,
        .sql = "with author as " VISITOR("$1") ", "
               "answered as (select m.id, m.author_id, u.username from " MESSAGE_BY_ID("$3::bigint") " "
               "join users u on u.id = m.author_id where not m.flagged" LOCKED " of u), "
               "added as (insert into messages (author_id, text, answers_id, answers_author_id) "
               "select author.id, $2::text, answered.id, answered.author_id from author left join answered on true "
               "where $3::bigint is null or answered.id is not null "
               "returning id, author_id, pub_date, answers_id, answers_author_id), "
               "listed as (insert into answers (answered_id, pub_date, message_id) "
               "select answers_id, pub_date, id from added where answers_id is not null), "
               MARKS("$4", "$5")
               "select author.*, (select id from added), (select username from answered) from author",
    },
    /* The message that message $1 answers. */
    [MT_STATEMENT_MESSAGES_ANSWERED] = {
        .label = "messages_answered",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = MESSAGES_FROM(MESSAGE_BY_ID("(select answers_id from messages where id = $1)")) "where not m.flagged",
    },
    [MT_STATEMENT_MESSAGES_ANSWERS] = {
        .label = "messages_answers",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = ANSWERS(LISTED_OLDER, LISTED_NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_ANSWERS_NEWER] = {
        .label = "messages_answers_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = ANSWERS(LISTED_NEWER, LISTED_OLDEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_BY_USER] = {
        .label = "messages_by_user",
        .kind = MT_STATEMENT_READ,
        .parameters = 5,
        .sql = BY_USER(OLDER, NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_BY_USER_NEWER] = {
        .label = "messages_by_user_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 5,
        .sql = BY_USER(NEWER, OLDEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_FIND] = {
        .label = "messages_find",
        .kind = MT_STATEMENT_READ,
        .parameters = 3,
        .sql = MESSAGES_FROM(MESSAGE_BY_ID("$1")) "where not m.flagged and m.author_id = " USER_NAMED("$2", "$3"),
    },
    [MT_STATEMENT_MESSAGES_HOME_FEW] = {
        .label = "messages_home_few",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = HOME_FEW("$4::bigint", OLDER, NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_HOME_FEW_NEWER] = {
        .label = "messages_home_few_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = HOME_FEW("$4::bigint", NEWER, OLDEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_HOME_MANY] = {
        .label = "messages_home_many",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = HOME_MANY(OLDER, NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_HOME_MANY_NEWER] = {
        .label = "messages_home_many_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = HOME_MANY(NEWER, OLDEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_HOME_SESSION] = {
        .label = "messages_home_session",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = HOME_SESSION(OLDER, NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_HOME_SESSION_NEWER] = {
        .label = "messages_home_session_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = HOME_SESSION(NEWER, OLDEST_FIRST),
    },
    /* The date of a message, or of the last one before it if it was deleted. There is none for an id that was never
     * used. */
    [MT_STATEMENT_MESSAGES_KEY] = {
        .label = "messages_key",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = "select (extract(epoch from m.pub_date) * 1000000)::bigint from messages m "
               "where m.id <= $1::bigint and $1::bigint <= (select max(id) from messages) order by m.id desc limit 1",
    },
    /* The messages that mention the user of the session. */
    [MT_STATEMENT_MESSAGES_MENTIONING] = {
        .label = "messages_mentioning",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = MENTIONING(LISTED_OLDER, LISTED_NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_MENTIONING_NEWER] = {
        .label = "messages_mentioning_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = MENTIONING(LISTED_NEWER, LISTED_OLDEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_PUBLIC] = {
        .label = "messages_public",
        .kind = MT_STATEMENT_READ,
        .parameters = 3,
        .sql = PUBLIC(OLDER, NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_PUBLIC_NEWER] = {
        .label = "messages_public_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 3,
        .sql = PUBLIC(NEWER, OLDEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_TAGGED] = {
        .label = "messages_tagged",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = TAGGED(LISTED_OLDER, LISTED_NEWEST_FIRST),
    },
    [MT_STATEMENT_MESSAGES_TAGGED_NEWER] = {
        .label = "messages_tagged_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 4,
        .sql = TAGGED(LISTED_NEWER, LISTED_OLDEST_FIRST),
    },
    /* Reads only catalogs and the list of sessions. The last column lists the missing rights, tables and columns.
     * has_column_privilege is also true for a right on the whole table. */
    [MT_STATEMENT_READINESS] = {
        .label = "readiness",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "with " MT_RIGHTS_WANTED
               "select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', "
               "exists (select from pg_stat_activity where usename = current_user and wait_event = 'SyncRep' "
               "and query_start < now() - interval '5 seconds'), "
               "(select string_agg(w.privilege || ' on ' || w.relation, ', ' order by w.relation, w.privilege) "
               "from wanted w left join pg_class c on c.relname = w.relation::name "
               "and c.relnamespace = (select oid from pg_namespace where nspname = 'public') "
               "where not coalesce(case when c.relkind = 'S' then has_sequence_privilege(c.oid, w.privilege) "
               "when w.privilege = 'delete' then has_table_privilege(c.oid, w.privilege) "
               "when w.columns is null then (select bool_and(has_column_privilege(c.oid, a.attnum, w.privilege)) "
               "from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) "
               "else (select bool_and(coalesce(has_column_privilege(c.oid, a.attnum, w.privilege), false)) "
               "from unnest(w.columns) n left join pg_attribute a on a.attrelid = c.oid and a.attname = n::name "
               "and not a.attisdropped) end, false))",
    },
    /* reserved_connections is new in PostgreSQL 16. */
    [MT_STATEMENT_SCHEMA_MAX_CONNECTIONS] = {
        .label = "schema_max_connections",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select current_setting('max_connections')::int "
               "- current_setting('superuser_reserved_connections')::int "
               "- coalesce(current_setting('reserved_connections', true)::int, 0)",
    },
    /* Uses jsonb, because schemas before version 4 do not have the column. Names the schema, so that a role that may
     * not use it gets another error than in an empty database. */
    [MT_STATEMENT_SCHEMA_VERSION] = {
        .label = "schema_version",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select version, coalesce((to_jsonb(s) ->> 'works_with')::int, version) from public.schema_version s "
               "union all select 0, 0 order by 1 desc limit 1",
    },
    [MT_STATEMENT_SEARCH_COMPLETE] = {
        .label = "search_complete",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 1,
        .sql = SEARCH_COMPLETE,
    },
    [MT_STATEMENT_SEARCH_INDEX] = {
        .label = "search_index",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 1,
        .sql = SEARCH_INDEX,
    },
    [MT_STATEMENT_SEARCH_MESSAGES] = {
        .label = "search_messages",
        .kind = MT_STATEMENT_READ,
        .parameters = 7,
        .sql = SEARCH_OLDER,
    },
    [MT_STATEMENT_SEARCH_MESSAGES_NEWER] = {
        .label = "search_messages_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 7,
        .sql = SEARCH_NEWER,
    },
    [MT_STATEMENT_SEARCH_PEOPLE] = {
        .label = "search_people",
        .kind = MT_STATEMENT_READ,
        .parameters = 3,
        .sql = SEARCH_PEOPLE,
    },
    [MT_STATEMENT_SEARCH_REST] = {
        .label = "search_rest",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = SEARCH_REST("<", "desc"),
    },
    [MT_STATEMENT_SEARCH_REST_NEWER] = {
        .label = "search_rest_newer",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = SEARCH_REST(">", "asc"),
    },
    [MT_STATEMENT_SEARCH_SETTINGS] = {
        .label = "search_settings",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = SEARCH_SETTINGS,
    },
    [MT_STATEMENT_SEARCH_SETTLE] = {
        .label = "search_settle",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 0,
        .sql = "select search_settle()",
    },
    /* Deletes the user's ended sessions, and of the others all but the newest, so that they do not accumulate. It
     * deletes few enough that a login stays quick, even if a user has very many. A token is random: if its hash exists
     * already, an earlier attempt of this statement inserted it. The lock is for a simultaneous change of the password
     * (admin/accounts.h): either the change waits and then ends this session, or this statement waits and then sees the
     * change. */
    [MT_STATEMENT_SESSIONS_ADD] = {
        .label = "sessions_add",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 4,
        .sql = "with owner as (select id from users where id = $2 and password_hash = $4 for share), "
               "ended as (delete from sessions s using owner where s.user_id = owner.id and (s.expires_at <= now() "
               "or s.token_hash in (select o.token_hash from sessions o where o.user_id = $2 "
               "and o.token_hash <> $1::bytea and o.expires_at > now() "
               "order by o.created_at desc offset " SESSIONS_MAX " - 1 limit 1000))), "
               "added as (insert into sessions (token_hash, user_id, expires_at) "
               "select $1::bytea, id, now() + $3::bigint * interval '1 second' from owner "
               "on conflict (token_hash) do nothing) "
               "select id from owner",
    },
    [MT_STATEMENT_SESSIONS_FIND] = {
        .label = "sessions_find",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = "select u.id, u.username, u.email, u.avatar, "
               FOLLOWEES("u.id") ", " NEW_MENTIONS " "
               "from sessions s join users u on u.id = s.user_id "
               "where s.token_hash = $1::bytea and s.expires_at > now()",
    },
    /* Locks the row of the session's user until the end of the transaction. The next statement of the pipeline then
     * sees whether the session still exists. minitwitctl locks this row before it ends sessions, so either it waits for
     * the write, or the write waits and then finds no session. No deadlock is possible: each transaction locks its
     * user's row before all others, and none of those that it may then wait for needs this row. */
    [MT_STATEMENT_SESSIONS_LOCK] = {
        .label = "sessions_lock",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = "select from users where id = (" SESSION_USER("$1") ") for share",
    },
    /* The same before a write to the row itself. With the lock of the other statement, two transactions could wait for
     * each other. */
    [MT_STATEMENT_SESSIONS_LOCK_ROW] = {
        .label = "sessions_lock_row",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = "select from users where id = (" SESSION_USER("$1") ") for no key update",
    },
    [MT_STATEMENT_SESSIONS_REMOVE] = {
        .label = "sessions_remove",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 1,
        .sql = "delete from sessions where token_hash = $1::bytea",
    },
    [MT_STATEMENT_SIMULATOR_LATEST] = {
        .label = "simulator_latest",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select last_value from simulator_latest",
    },
    [MT_STATEMENT_SIMULATOR_RECORD] = {
        .label = "simulator_record",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 1,
        .sql = "select setval('simulator_latest', $1::bigint)",
    },
    [MT_STATEMENT_SITE_FIND] = {
        .label = "site_find",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD'), "
               "floor(extract(epoch from created_at) * 1000000)::bigint from site",
    },
    /* Counts all rows. It runs once per start, in the background. */
    [MT_STATEMENT_STATISTICS] = {
        .label = "statistics",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select (select count(*) from users), coalesce((select max(id) from users), 0), "
               "(select count(*) from messages), coalesce((select max(id) from messages), 0), "
               "(select count(*) from followers)",
    },
    /* Histograms of followees (1) and followers (2) per user. Each row has the histogram's number, a bucket, its number
     * of users, and their sum. The row with number 0 has the number of all users, so that the caller can compute the
     * number of users without any. */
    [MT_STATEMENT_STATISTICS_FOLLOWS] = {
        .label = "statistics_follows",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = "select 0, 0, count(*), 0 from users union all "
               "select 1, width_bucket(n - 1, $1::bigint[]), count(*), sum(n) "
               "from (select count(*) as n from followers group by who_id) f group by 2 union all "
               "select 2, width_bucket(n - 1, $1::bigint[]), count(*), sum(n) "
               "from (select count(*) as n from followers group by whom_id) f group by 2",
    },
    [MT_STATEMENT_STATISTICS_SINCE] = {
        .label = "statistics_since",
        .kind = MT_STATEMENT_READ,
        .parameters = 2,
        .sql = "select count(*), coalesce(max(id), $1), "
               "(select count(*) from messages where id > $2), "
               "coalesce((select max(id) from messages), $2) from users where id > $1",
    },
    [MT_STATEMENT_STATISTICS_STATE] = {
        .label = "statistics_state",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select (select count(*) from messages where flagged), "
               "(select count(*) from sessions where expires_at > now()), "
               "(select last_value from simulator_latest), "
               "coalesce((select floor(extract(epoch from succeeded_at))::bigint from backup), 0), "
               "(select greatest(coalesce((select max(id) from messages), 0) - complete, 0) from search_progress)",
    },
    [MT_STATEMENT_USERS_ABOUT] = {
        .label = "users_about",
        .kind = MT_STATEMENT_READ,
        .parameters = 1,
        .sql = "select u.id, u.username, u.email, u.avatar, u.about "
               "from (" SESSION_USER("$1") ") s join users u on u.id = s.user_id",
    },
    [MT_STATEMENT_USERS_ADD] = {
        .label = "users_add",
        .kind = MT_STATEMENT_WRITE,
        .parameters = 3,
        .sql = "insert into users (username, email, password_hash) values ($1, $2, $3) "
               "on conflict (username) do nothing",
    },
    [MT_STATEMENT_USERS_DESCRIBE] = {
        .label = "users_describe",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 2,
        .sql = "with visitor as " VISITOR("$1") ", "
               "changed as (update users set about = $2 where id = (select id from visitor) and about <> $2) "
               "select * from visitor",
    },
    [MT_STATEMENT_USERS_FIND] = {
        .label = "users_find",
        .kind = MT_STATEMENT_READ,
        .parameters = 2,
        .sql = "select id, username, email, avatar, password_hash from users " NAMED("$1", "$2"),
    },
    [MT_STATEMENT_USERS_LAST] = {
        .label = "users_last",
        .kind = MT_STATEMENT_READ,
        .parameters = 0,
        .sql = "select coalesce(max(id), 0) from users",
    },
    [MT_STATEMENT_USERS_NAMES] = {
        .label = "users_names",
        .kind = MT_STATEMENT_READ,
        .parameters = 2,
        .sql = "select username from users where id > $1 and id <= $2 order by id",
    },
    /* The order makes PostgreSQL read the counted rows from an index alone. */
    [MT_STATEMENT_USERS_PROFILE] = {
        .label = "users_profile",
        .kind = MT_STATEMENT_READ,
        .parameters = 2,
        .sql = "select u.id, u.username, u.email, u.avatar, u.about, floor(extract(epoch from u.joined_at))::bigint, "
               "(select count(*) from (select from messages m where m.author_id = u.id and not m.flagged "
               "order by m.pub_date desc, m.id desc limit " COUNTED_MAX ") c), "
               "(select count(*) from (select from followers f where f.whom_id = u.id "
               "order by f.id limit " COUNTED_MAX ") c), "
               "(select count(*) from (select from followers f where f.who_id = u.id "
               "order by f.id limit " COUNTED_MAX ") c) "
               "from (select * from users " NAMED("$1", "$2") ") u",
    },
    /* The condition includes the new hash, so a second attempt succeeds like the first. */
    [MT_STATEMENT_USERS_REHASH] = {
        .label = "users_rehash",
        .kind = MT_STATEMENT_IDEMPOTENT,
        .parameters = 3,
        .sql = "update users set password_hash = $3 where id = $1 and password_hash in ($2, $3)",
    },
};

const mt_statement_t *mt_statement_get(mt_statement_id_t id)
{
    return &statements[id];
}

const char *mt_statement_label(mt_statement_id_t id)
{
    return statements[id].label;
}
