/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_USERS_H
#define MT_STATEMENT_USERS_H

#include "store/statement_parts.h"

/* The SQL for users. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

#define COUNTED_MAX APR_STRINGIFY(MT_STATEMENT_COUNTED_MAX)

#define USERS_ABOUT                                                                                                    \
    "select u.id, u.username, u.email, u.avatar, u.about "                                                             \
    "from (" SESSION_USER("$1") ") s join users u on u.id = s.user_id"

#define USERS_ADD                                                                                                      \
    "insert into users (username, email, password_hash) values ($1, $2, $3) "                                          \
    "on conflict (username) do nothing"

#define USERS_DESCRIBE                                                                                                 \
    "with visitor as " VISITOR("$1") ", "                                                                              \
    "changed as (update users set about = $2 where id = (select id from visitor) and about <> $2) "                    \
    "select * from visitor"

#define USERS_FIND "select id, username, email, avatar, password_hash from users " NAMED("$1", "$2")

#define USERS_LAST "select coalesce(max(id), 0) from users"

#define USERS_NAMES "select username from users where id > $1 and id <= $2 order by id"

/* The order makes PostgreSQL read the counted rows from an index alone. */
#define USERS_PROFILE                                                                                                  \
    "select u.id, u.username, u.email, u.avatar, u.about, floor(extract(epoch from u.joined_at))::bigint, "            \
    "(select count(*) from (select from messages m where m.author_id = u.id and not m.flagged "                        \
    "order by m.pub_date desc, m.id desc limit " COUNTED_MAX ") c), "                                                  \
    "(select count(*) from (select from followers f where f.whom_id = u.id "                                           \
    "order by f.id limit " COUNTED_MAX ") c), "                                                                        \
    "(select count(*) from (select from followers f where f.who_id = u.id "                                            \
    "order by f.id limit " COUNTED_MAX ") c) "                                                                         \
    "from (select * from users " NAMED("$1", "$2") ") u"

/* The condition includes the new hash, so a second attempt succeeds like the first. */
#define USERS_REHASH "update users set password_hash = $3 where id = $1 and password_hash in ($2, $3)"

/* clang-format on */

#endif
