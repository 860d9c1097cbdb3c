/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_H
#define MT_STATEMENT_H

#define MT_STATEMENT_PARAMETERS_MAX 6

/* For a user with more followees, a timeline first searches the newest messages of all users. If the followees are
 * silent, this costs at most half a millisecond. The other way, merging the newest messages of each followee, costs
 * more with each active followee (docs/performance.md). This is a plain number because SQL texts include it. */
#define MT_STATEMENT_FEW_FOLLOWEES 100

/* The sessions of a user that a login keeps, with the new one. A person has a few browsers, but a program that logs in
 * for each of its requests makes a session each time. */
#define MT_STATEMENT_SESSIONS_MAX 100

/* A statement counts a user's messages, followers and followees no further than this. */
#define MT_STATEMENT_COUNTED_MAX 10000

/* A statement counts a user's new mentions no further than this. At this number, a page shows "99+". */
#define MT_STATEMENT_MENTIONS_MAX 100

/* The first statement on each connection. The parameter is the statement_timeout in milliseconds. The reasons:
 *
 * - search_path: the tables are in the schema public. The role or the database may have another search_path.
 * - client_encoding: texts are UTF-8, although the environment or the role may set another encoding.
 * - plan_cache_mode: each statement has one plan that is good for all values. Otherwise PostgreSQL would plan for each
 * page.
 * - jit, max_parallel_workers_per_gather: no statement takes long enough to gain from either.
 * - enable_seqscan, enable_bitmapscan: for few rows, PostgreSQL prefers slower scans, see below.
 *
 * Such a scan reads a whole table, or all of a user's entries in an index. A plan from the time when the site was small
 * stays for a while, and would be slow once the site has grown (docs/performance.md). */
#define MT_STATEMENT_SETTINGS                                                                                          \
    "select set_config('search_path', 'public, pg_temp', false), "                                                     \
    "set_config('client_encoding', 'UTF8', false), set_config('statement_timeout', $1, false), "                       \
    "set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false), "                    \
    "set_config('max_parallel_workers_per_gather', '0', false), set_config('enable_seqscan', 'off', false), "          \
    "set_config('enable_bitmapscan', 'off', false)"

/* All statements of the store. */
typedef enum mt_statement_id_t {
    MT_STATEMENT_FOLLOWS_ADD,
    MT_STATEMENT_FOLLOWS_ADD_BY_USERNAME,
    MT_STATEMENT_FOLLOWS_EXISTS,
    MT_STATEMENT_FOLLOWS_FOLLOWEES,
    MT_STATEMENT_FOLLOWS_FOLLOWEES_NEWER,
    MT_STATEMENT_FOLLOWS_FOLLOWERS,
    MT_STATEMENT_FOLLOWS_FOLLOWERS_NEWER,
    MT_STATEMENT_FOLLOWS_NAMES,
    MT_STATEMENT_FOLLOWS_REMOVE,
    MT_STATEMENT_FOLLOWS_REMOVE_BY_USERNAME,
    MT_STATEMENT_MENTIONS_SEE,
    MT_STATEMENT_MESSAGES_ADD,
    MT_STATEMENT_MESSAGES_ADD_BY_USERNAME,
    MT_STATEMENT_MESSAGES_ADD_BY_USERNAME_MARKED,
    MT_STATEMENT_MESSAGES_ADD_MARKED,
    MT_STATEMENT_MESSAGES_ANSWERED,
    MT_STATEMENT_MESSAGES_ANSWERS,
    MT_STATEMENT_MESSAGES_ANSWERS_NEWER,
    MT_STATEMENT_MESSAGES_BY_USER,
    MT_STATEMENT_MESSAGES_BY_USER_NEWER,
    MT_STATEMENT_MESSAGES_FIND,
    MT_STATEMENT_MESSAGES_HOME_FEW,
    MT_STATEMENT_MESSAGES_HOME_FEW_NEWER,
    MT_STATEMENT_MESSAGES_HOME_MANY,
    MT_STATEMENT_MESSAGES_HOME_MANY_NEWER,
    MT_STATEMENT_MESSAGES_HOME_SESSION,
    MT_STATEMENT_MESSAGES_HOME_SESSION_NEWER,
    MT_STATEMENT_MESSAGES_KEY,
    MT_STATEMENT_MESSAGES_MENTIONING,
    MT_STATEMENT_MESSAGES_MENTIONING_NEWER,
    MT_STATEMENT_MESSAGES_PUBLIC,
    MT_STATEMENT_MESSAGES_PUBLIC_NEWER,
    MT_STATEMENT_MESSAGES_TAGGED,
    MT_STATEMENT_MESSAGES_TAGGED_NEWER,
    MT_STATEMENT_READINESS,
    MT_STATEMENT_SCHEMA_MAX_CONNECTIONS,
    MT_STATEMENT_SCHEMA_VERSION,
    MT_STATEMENT_SEARCH_COMPLETE,
    MT_STATEMENT_SEARCH_INDEX,
    MT_STATEMENT_SEARCH_MESSAGES,
    MT_STATEMENT_SEARCH_MESSAGES_NEWER,
    MT_STATEMENT_SEARCH_PEOPLE,
    MT_STATEMENT_SEARCH_REST,
    MT_STATEMENT_SEARCH_REST_NEWER,
    MT_STATEMENT_SEARCH_SETTINGS,
    MT_STATEMENT_SEARCH_SETTLE,
    MT_STATEMENT_SESSIONS_ADD,
    MT_STATEMENT_SESSIONS_FIND,
    MT_STATEMENT_SESSIONS_LOCK,
    MT_STATEMENT_SESSIONS_LOCK_ROW,
    MT_STATEMENT_SESSIONS_REMOVE,
    MT_STATEMENT_SIMULATOR_LATEST,
    MT_STATEMENT_SIMULATOR_RECORD,
    MT_STATEMENT_SITE_FIND,
    MT_STATEMENT_STATISTICS,
    MT_STATEMENT_STATISTICS_FOLLOWS,
    MT_STATEMENT_STATISTICS_SINCE,
    MT_STATEMENT_STATISTICS_STATE,
    MT_STATEMENT_USERS_ABOUT,
    MT_STATEMENT_USERS_ADD,
    MT_STATEMENT_USERS_DESCRIBE,
    MT_STATEMENT_USERS_FIND,
    MT_STATEMENT_USERS_LAST,
    MT_STATEMENT_USERS_NAMES,
    MT_STATEMENT_USERS_PROFILE,
    MT_STATEMENT_USERS_REHASH,
    MT_STATEMENT_COUNT
} mt_statement_id_t;

/* The step after a lost connection, when it is unknown whether the statement was committed. */
typedef enum mt_statement_kind_t {
    MT_STATEMENT_READ,       /* repeat it */
    MT_STATEMENT_IDEMPOTENT, /* repeat it: twice has the same effect as once */
    MT_STATEMENT_WRITE       /* never repeat it */
} mt_statement_kind_t;

typedef struct mt_statement_t {
    const char *label; /* in metrics, in logs, and in its name on the server */
    const char *sql;
    int parameters;
    mt_statement_kind_t kind;
} mt_statement_t;

const mt_statement_t *mt_statement_get(mt_statement_id_t id);

/* Returns the statement's label. The labels of all ids from 0 to MT_STATEMENT_COUNT - 1 differ. */
const char *mt_statement_label(mt_statement_id_t id);

#endif
