/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_FOLLOWS_H
#define MT_STATEMENT_FOLLOWS_H

#include "store/statement_parts.h"

/* The SQL for follows. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

/* Returns no row unless both users exist. lock is LOCKED or "". */
#define PAIR(lock)                                                                                                     \
    "select who.id as who_id, whom.id as whom_id from (select id from users " NAMED("$1", "$2") lock ") who "          \
    "cross join (select id from users " NAMED("$3", "$4") lock ") whom"

/* A page of the users at one end of a user's follows: (whom_id, who_id) for followers, (who_id, whom_id) for followees.
 * order is "< $4 order by f.id desc" or "> $4 order by f.id". */
#define PEOPLE(of, other, order)                                                                                       \
    "select f.id, u.username, u.email, u.avatar, u.about from followers f join users u on u.id = f." other " "         \
    "where f." of " = " USER_NAMED("$1", "$2") " and f.id " order " limit $3"

#define FOLLOWS_FOLLOWEES       PEOPLE("who_id", "whom_id", "< $4 order by f.id desc")
#define FOLLOWS_FOLLOWEES_NEWER PEOPLE("who_id", "whom_id", "> $4 order by f.id")

#define FOLLOWS_FOLLOWERS       PEOPLE("whom_id", "who_id", "< $4 order by f.id desc")
#define FOLLOWS_FOLLOWERS_NEWER PEOPLE("whom_id", "who_id", "> $4 order by f.id")

/* The last column is the stored name of the followee, or null if there is no such user. */
#define FOLLOWS_ADD                                                                                                    \
    "with visitor as " VISITOR("$1") ", "                                                                              \
    "whom as (select id, username from users " NAMED("$2", "$3") LOCKED "), "                                          \
    "added as (insert into followers (who_id, whom_id) "                                                               \
    "select visitor.id, whom.id from visitor cross join whom where visitor.id <> whom.id "                             \
    "on conflict (who_id, whom_id) do nothing) "                                                                       \
    "select visitor.*, (select username from whom) from visitor"

#define FOLLOWS_ADD_BY_USERNAME                                                                                        \
    "with pair as (" PAIR(LOCKED) "), "                                                                                \
    "added as (insert into followers (who_id, whom_id) "                                                               \
    "select who_id, whom_id from pair where who_id <> whom_id "                                                        \
    "on conflict (who_id, whom_id) do nothing) "                                                                       \
    "select from pair"

#define FOLLOWS_EXISTS                                                                                                 \
    "select exists (select from followers "                                                                            \
    "where who_id = (" SESSION_USER("$1") ") and whom_id = " USER_NAMED("$2", "$3") ")::int"

#define FOLLOWS_NAMES                                                                                                  \
    "select u.username, f.id from followers f join users u on u.id = f.whom_id "                                       \
    "where f.who_id = " USER_NAMED("$1", "$2") " and f.id > $4 order by f.id limit $3"

#define FOLLOWS_REMOVE                                                                                                 \
    "with visitor as " VISITOR("$1") ", "                                                                              \
    "whom as (select id, username from users " NAMED("$2", "$3") "), "                                                 \
    "removed as (delete from followers f using visitor, whom "                                                         \
    "where f.who_id = visitor.id and f.whom_id = whom.id) "                                                            \
    "select visitor.*, (select username from whom) from visitor"

#define FOLLOWS_REMOVE_BY_USERNAME                                                                                     \
    "with pair as (" PAIR("") "), "                                                                                    \
    "removed as (delete from followers f using pair where f.who_id = pair.who_id and f.whom_id = pair.whom_id) "       \
    "select from pair"

/* clang-format on */

#endif
