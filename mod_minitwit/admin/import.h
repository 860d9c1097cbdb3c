/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_H
#define MT_IMPORT_H

#include "admin/plain.h"

/* The database that another site's users, messages and follows are imported into: plain libpq, for an operator's command. What comes
 * is copied into temporary tables of the session first, and judged there. All that is called old is of the site it comes from.
 *
 * Functions without another comment return NULL, or the message for the operator, in pool; a result is the caller's, to PQclear. */

/* No id is above: room for what the site adds later. */
#define MT_IMPORT_ID_MAX APR_INT64_C(4611686018427387904)

/* How many rows a list brings at once. */
#define MT_IMPORT_LIST_MAX 1000

typedef enum mt_import_table_t {
    MT_IMPORT_USERS, /* old id, username, email, password hash, whether it is a digest to be wrapped, whether the name is made up */
    MT_IMPORT_MESSAGES, /* old id, old author id, text, microseconds since 1970, flagged */
    MT_IMPORT_FOLLOWS,  /* number in order, old id of who, of whom */
    MT_IMPORT_TABLES
} mt_import_table_t;

/* Prepares the session: checks the schema, takes the lock until the session ends, makes the temporary tables. */
const char *mt_import_begin(PGconn *pg, apr_pool_t *pool);

/* Each copies rows into the temporary table, in COPY's text format. A message of the former calls goes on to the last, which also
 * ends what failed. */
const char *mt_import_copy_begin(PGconn *pg, apr_pool_t *pool, mt_import_table_t table);
const char *mt_import_copy_data(PGconn *pg, apr_pool_t *pool, const char *data, apr_size_t len);
const char *mt_import_copy_end(PGconn *pg, apr_pool_t *pool, const char *message);

/* ---- users, once all are copied ---- */

/* Takes out all but the first of those with the same id. A list of their ids and names. */
const char *mt_import_drop_repeated(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Makes names that were made up unlike all others, and finds for each user whom he becomes: the first of his name. */
const char *mt_import_merge_users(PGconn *pg, apr_pool_t *pool);

/* The next after that id of those who became another: id, name, whom. */
const char *mt_import_list_merged(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result);

/* Some whose id or name somebody else has here: id, name, id and name here. */
const char *mt_import_list_conflicts(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Whether there are any messages here. */
const char *mt_import_has_messages(PGconn *pg, apr_pool_t *pool, int *has_messages);

/* Lets the site give no id up to these to anybody. */
const char *mt_import_reserve(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, apr_int64_t message_id);

/* Adds the next users after *after whose hash needs no wrapping, and sets *after to the last of them; 0: there was none. *added: how
 * many of them were not here. */
const char *mt_import_add_users(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);

/* How many users are to become one here, and of how many who are not here yet the hash is to be wrapped. */
const char *mt_import_count_users(PGconn *pg, apr_pool_t *pool, apr_int64_t *users, apr_int64_t *digests);

/* The next of the latter after that id: id, digest. */
const char *mt_import_list_digests(PGconn *pg, apr_pool_t *pool, apr_int64_t after, int max, PGresult **result);

/* Adds them. ids, hashes: literals of arrays. */
const char *mt_import_add_wrapped(PGconn *pg, apr_pool_t *pool, const char *ids, const char *hashes,
                                  apr_int64_t *added);

/* Some who are still not here, since somebody took the name meanwhile: id, name. */
const char *mt_import_list_missing(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* ---- messages, those copied in the transaction ---- */

/* Of an author who is unknown: id, old author id. */
const char *mt_import_list_orphans(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Whose id another message has here: id. */
const char *mt_import_list_taken(PGconn *pg, apr_pool_t *pool, PGresult **result);

/* Notes the ids of these for longer than the transaction; forgets those noted of which the message here was copied, too; the least
 * of those noted, 0: there is none. */
const char *mt_import_note_taken(PGconn *pg, apr_pool_t *pool);
const char *mt_import_forget_taken(PGconn *pg, apr_pool_t *pool);
const char *mt_import_find_taken(PGconn *pg, apr_pool_t *pool, apr_int64_t *id);

const char *mt_import_add_messages(PGconn *pg, apr_pool_t *pool, apr_int64_t *added);

/* ---- follows, once all are copied ---- */

/* The next after that number of those that cannot be kept: number, who, whom, and why: "dangling" or "self". */
const char *mt_import_list_bad_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result);

/* Sorts the others out. *pairs: how many are left, none of them twice. */
const char *mt_import_merge_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t *pairs);

/* The next after that number of those that were said again: number, who, whom, how often again. */
const char *mt_import_list_repeated_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result);

/* As mt_import_add_users. */
const char *mt_import_add_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added);

/* ---- */

/* Lets the planner know what is here now. */
const char *mt_import_finish(PGconn *pg, apr_pool_t *pool);

#endif
