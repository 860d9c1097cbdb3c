/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_READINESS_H
#define MT_READINESS_H

#include "store/connection.h"

/* Whether the database can serve the site: it answers, has the schema that this build needs, and accepts writes. The
 * check reads only catalogs and schema_version, so no lock on the site's tables delays it, and it stores nothing.
 *
 * Some faults show only when a row is written, for example a trigger whose library does not load. The trial finds them:
 * it writes to each table as the site does, in a transaction that it rolls back. It uses up two ids of users, two of
 * messages and one of followers, and leaves about fifteen dead rows for autovacuum, so it should not run often.
 *
 * The trial does not write simulator_latest. It is a sequence, so a rollback would not restore it, and restoring it
 * with setval could undo the write of a request. It has no triggers, and the check covers its rights. */

/* No user can have this name, because it begins with a control character. Sessions that try at the same time do not
 * wait for each other, because their process ids differ. */
#define MT_READINESS_NAME "E'\\001' || pg_backend_pid() || ' '"
#define MT_READINESS_USER "(select id from public.users where username = " MT_READINESS_NAME " || 1)"

/* The trial: several statements for the simple query protocol. They leave an open transaction if one of them fails. */
#define MT_READINESS_TRIAL                                                                                             \
    "begin; set local lock_timeout to '100ms'; "                                                                       \
    "with added as (insert into public.users (username, email, password_hash) "                                        \
    "select " MT_READINESS_NAME " || n, '', '' from generate_series(1, 2) n returning id), "                           \
    "posted as (insert into public.messages (author_id, text) select id, '' from added "                               \
    "returning id, author_id, pub_date), "                                                                             \
    "mentioned as (insert into public.mentions (user_id, pub_date, message_id) "                                       \
    "select author_id, pub_date, id from posted), "                                                                    \
    "answered as (insert into public.answers (answered_id, pub_date, message_id) select id, pub_date, id from "        \
    "posted), "                                                                                                        \
    "tagged as (insert into public.message_tags (tag, pub_date, message_id) select '', pub_date, id from posted), "    \
    "followed as (insert into public.followers (who_id, whom_id) select min(id), max(id) from added), "                \
    "begun as (insert into public.sessions (token_hash, user_id, expires_at) "                                         \
    "select sha256(uuid_send(gen_random_uuid())), id, now() from added) select from added; "                           \
    "update public.users set password_hash = '', mentions_seen = now() where id = " MT_READINESS_USER "; "             \
    "delete from public.sessions where user_id = " MT_READINESS_USER "; "                                              \
    "delete from public.followers where who_id = " MT_READINESS_USER "; "                                              \
    "rollback"

typedef enum mt_readiness_state_t {
    MT_READINESS_READY,
    MT_READINESS_LOADED, /* the database answers, but is too busy for the check */
    MT_READINESS_FULL,   /* the database answers, but accepts no more connections */
    MT_READINESS_LATE,   /* no answer in time */
    MT_READINESS_DOWN,   /* no connection */
    MT_READINESS_WRONG   /* it answers, but cannot serve the site until an operator acts */
} mt_readiness_state_t;

typedef struct mt_readiness_t {
    mt_readiness_state_t state;
    const char *problem; /* NULL: none. A clause, which names no host and no role's password */
    const char *advice;  /* NULL: none. The remedy, in full sentences */
} mt_readiness_t;

/* Checks the database over a connection, which it opens if necessary. *trial: 1 to run the trial, too. It becomes 0 if
 * the check ended before that. The texts are in pool or static. After a state other than MT_READINESS_READY the
 * connection must not be used again. */
void mt_readiness_check(mt_connection_t *connection, int *trial, apr_pool_t *pool, mt_readiness_t *readiness);

#endif
