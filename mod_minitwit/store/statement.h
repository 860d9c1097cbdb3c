/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_H
#define MT_STATEMENT_H

#define MT_STATEMENT_PARAMETERS_MAX 4

/* For whoever follows more than so many, the newest messages of everybody are looked through first: for silent
 * followees that loses no more than half a millisecond, while merging the newest of each followee costs more with each
 * who is active (docs/performance.md). Statements hold it, so it is a plain number. */
#define MT_STATEMENT_FEW_FOLLOWEES 100

/* Sent first on each connection; its parameter is the statement_timeout in milliseconds. Texts are UTF-8, whatever the
 * environment or the role's settings make of a new connection. Each statement has one good plan, for any values; left alone,
 * PostgreSQL makes one anew for each page. No statement is so long that compiling it or dividing it among processes would pay.
 * A plan that was made while the site was small stays for a while, and for few rows PostgreSQL would rather read a whole table,
 * or all of somebody's entries in an index (docs/performance.md). */
#define MT_STATEMENT_SETTINGS                                                                                          \
    "select set_config('client_encoding', 'UTF8', false), set_config('statement_timeout', $1, false), "                \
    "set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false), "                    \
    "set_config('max_parallel_workers_per_gather', '0', false), set_config('enable_seqscan', 'off', false), "          \
    "set_config('enable_bitmapscan', 'off', false)"

/* Every statement that the store sends, but for migrations. */
typedef enum mt_statement_id_t {
    MT_STATEMENT_FOLLOWS_ADD,
    MT_STATEMENT_FOLLOWS_EXISTS,
    MT_STATEMENT_FOLLOWS_NAMES,
    MT_STATEMENT_FOLLOWS_REMOVE,
    MT_STATEMENT_MESSAGES_ADD,
    MT_STATEMENT_MESSAGES_ADD_BY_USERNAME,
    MT_STATEMENT_MESSAGES_BY_USER,
    MT_STATEMENT_MESSAGES_EXISTS,
    MT_STATEMENT_MESSAGES_HOME_FEW,
    MT_STATEMENT_MESSAGES_HOME_MANY,
    MT_STATEMENT_MESSAGES_HOME_SESSION,
    MT_STATEMENT_MESSAGES_PUBLIC,
    MT_STATEMENT_SCHEMA_MAX_CONNECTIONS,
    MT_STATEMENT_SCHEMA_VERSION,
    MT_STATEMENT_SESSIONS_ADD,
    MT_STATEMENT_SESSIONS_FIND,
    MT_STATEMENT_SESSIONS_REMOVE,
    MT_STATEMENT_SIMULATOR_LATEST,
    MT_STATEMENT_SIMULATOR_RECORD,
    MT_STATEMENT_STATISTICS,
    MT_STATEMENT_STATISTICS_FOLLOWS,
    MT_STATEMENT_STATISTICS_SINCE,
    MT_STATEMENT_STATISTICS_STATE,
    MT_STATEMENT_USERS_ADD,
    MT_STATEMENT_USERS_FIND,
    MT_STATEMENT_USERS_REHASH,
    MT_STATEMENT_COUNT
} mt_statement_id_t;

/* What may be done when the connection is lost and nobody knows whether a statement was carried out. */
typedef enum mt_statement_kind_t {
    MT_STATEMENT_READ,       /* run it again */
    MT_STATEMENT_IDEMPOTENT, /* run it again: twice leaves what once does */
    MT_STATEMENT_WRITE       /* never again */
} mt_statement_kind_t;

typedef struct mt_statement_t {
    const char *label; /* for metrics, logs, and as the stem of its name on the server */
    const char *sql;
    int parameters;
    mt_statement_kind_t kind;
} mt_statement_t;

/* The statement of an id. */
const mt_statement_t *mt_statement_get(mt_statement_id_t id);

/* Its label: for id from 0 to MT_STATEMENT_COUNT - 1, all different. */
const char *mt_statement_label(mt_statement_id_t id);

#endif
