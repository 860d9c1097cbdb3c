/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_H
#define MT_IMPORT_H

#include "admin/plain.h"

/* Imports another site's users, messages and follows into this site's database. The rows are first copied into
 * temporary tables, as they are. The checks run there, as SQL, so data of any size can be imported. Only good rows go
 * into the site's tables:
 *
 *     COPY --> import_users    --> merge equal names --> public.users
 *     COPY --> import_messages --> check authors, ids --> public.messages    (in batches, one transaction each)
 *     COPY --> import_follows  --> drop bad and repeated ones --> public.followers
 *
 * Users and messages keep their ids. Two old users with the same name become one: import_users.becomes is the id of the
 * first. An import may stop at any point, and a second run with the same data skips the rows that exist already. "Old"
 * ids are ids of the other site.
 *
 * Each function returns NULL, or the message for the operator, in pool. The caller must PQclear *result. */

/* The greatest id that an import accepts. Above it there is room for the site's own new rows. */
#define MT_IMPORT_ID_MAX APR_INT64_C(4611686018427387904)

/* Maximum number of rows in one list. */
#define MT_IMPORT_LIST_MAX 1000

typedef enum mt_import_table_t {
    /* old id, username, email, password hash, is_digest (to be wrapped), is_made_up (the name), about, time of the
     * registration in microseconds since 1970, or null, date of the newest mention that the user has seen, likewise */
    MT_IMPORT_USERS,
    /* old id, old author id, text, microseconds since 1970, flagged, old id of the answered message and of its author,
     * or null, old ids of the mentioned users and tags, each separated by spaces, or null */
    MT_IMPORT_MESSAGES,
    MT_IMPORT_FOLLOWS, /* number in the input, old id of the follower, old id of the followed user */
    MT_IMPORT_TABLES
} mt_import_table_t;

/* Prepares the session: checks the schema, takes the lock until the session ends, and creates the temporary tables. */
const char *mt_import_begin(PGconn *pg, apr_pool_t *pool);

/* Copy rows into a temporary table, in COPY's text format. After a failure of the first or second function, the caller
 * passes the message to mt_import_copy_end, which cancels the copy and returns the message. */
const char *mt_import_copy_begin(PGconn *pg, apr_pool_t *pool, mt_import_table_t table);
const char *mt_import_copy_data(PGconn *pg, apr_pool_t *pool, const char *data, apr_size_t len);
const char *mt_import_copy_end(PGconn *pg, apr_pool_t *pool, const char *message);

/* ---- users, once all are copied ---- */

/* Keeps only the first of several users with the same id. Lists the id and name of the others. */
const char *mt_import_drop_repeated(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Makes the made-up names unique. Then sets for each user the user that they become: the first one of the same name. */
const char *mt_import_merge_users(PGconn *pg, apr_pool_t *pool);

/* Lists the next merged users after an id: id, name, id of the user that they become. */
const char *mt_import_list_merged(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result);

/* Lists some users whose id or name another user of this site has: id, name, and the other user's id and name. */
const char *mt_import_list_conflicts(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Sets *has_messages to 1 if this site has any messages. */
const char *mt_import_has_messages(PGconn *pg, apr_pool_t *pool, int *has_messages);

/* Reserves all ids up to these, so that the site does not use them for new rows. */
const char *mt_import_reserve(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, apr_int64_t message_id);

/* Adds the next users after *after whose hash needs no wrapping. Sets *after to the last of them, or to 0 if there was
 * none. Sets *added to the number of users that are new on this site. */
const char *mt_import_add_users(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);

/* Counts the users after merging, and those new on this site whose digest must be wrapped. */
const char *mt_import_count_users(PGconn *pg, apr_pool_t *pool, apr_int64_t *users, apr_int64_t *digests);

/* Lists the next digests to wrap after an id: id, digest. */
const char *mt_import_list_digests(PGconn *pg, apr_pool_t *pool, apr_int64_t after, int max, PGresult **result);

/* Adds users with their wrapped hashes. ids and hashes are array literals. */
const char *mt_import_add_wrapped(PGconn *pg, apr_pool_t *pool, const char *ids, const char *hashes,
                                  apr_int64_t *added);

/* Lists some users that could not be added, because a new user has taken the name since the check: id, name. */
const char *mt_import_list_missing(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* ---- messages, only those copied in the current transaction ---- */

/* Lists the messages of unknown authors: id, old author id. */
const char *mt_import_list_orphans(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Lists the messages whose id a different message of this site has: id. */
const char *mt_import_list_taken(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Messages with a taken id, across transactions. The first function stores their ids. The second removes an id again if
 * the message of this site turns out to be in the input, too. The third finds the smallest remaining id, or 0. */
const char *mt_import_note_taken(PGconn *pg, apr_pool_t *pool);
const char *mt_import_forget_taken(PGconn *pg, apr_pool_t *pool);
const char *mt_import_find_taken(PGconn *pg, apr_pool_t *pool, apr_int64_t *id);

/* Adds them with their mentions and tags. An answer to a user who is not in the input, and so was deleted,
 * stays an answer to a deleted message. It becomes an ordinary message if its id is that of another message. */
const char *mt_import_add_messages(PGconn *pg, apr_pool_t *pool, apr_int64_t *added);

/* Sets the dates of messages of this site that are dated 1970-01-01 to those of the input: id. */
const char *mt_import_repair_dates(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* ---- follows, once all are copied ---- */

/* Lists the next invalid follows after a number: number, follower, followed user, and "dangling" or "self". */
const char *mt_import_list_bad_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result);

/* Merges the valid ones. Sets *pairs to the number of different follows. */
const char *mt_import_merge_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t *pairs);

/* Lists the next repeated follows after a number: number, follower, followed user, number of repetitions. */
const char *mt_import_list_repeated_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result);

/* Like mt_import_add_users. */
const char *mt_import_add_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);

/* ---- */

/* Updates the planner's statistics of the site's tables. */
const char *mt_import_finish(PGconn *pg, apr_pool_t *pool);

#endif
