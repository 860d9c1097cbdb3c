/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_PARTS_H
#define MT_STATEMENT_PARTS_H

#include <apr_general.h>

/* Parts of SQL that several of the files statement_NAME.h use. Only store/statement.c includes them. The limits
 * MT_STATEMENT_..._MAX are in store/statement.h. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

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

/* The lock that the foreign key takes anyway, but earlier: a statement that waits here while a user is deleted then
 * finds no user. If the foreign key waited, the statement would fail. */
#define LOCKED " for key share"

#define FEW_FOLLOWEES APR_STRINGIFY(MT_STATEMENT_FEW_FOLLOWEES)

/* Counts a user's followees, but no further than necessary to distinguish few from many. */
#define FOLLOWEES(user)                                                                                                \
    "(select count(*) from (select from followers f where f.who_id = " user " limit " FEW_FOLLOWEES " + 1) c)"

/* A message by its id. PostgreSQL does not move conditions across "offset 0". Otherwise it would combine the id with
 * "not flagged", and could search a partial index whose first columns have no condition, because this looks cheap while
 * the site is empty. */
#define MESSAGE_BY_ID(id) "(select * from messages where id = " id " offset 0) m"

/* The author of the message that message m answers. Null if that message was deleted or is flagged, so that no page
 * links to it. Costs nothing for a message that is not an answer. Subqueries by one id have only one plan, unlike a
 * join. */
#define ANSWERED_AUTHOR                                                                                                \
    "case when m.answers_id is not null then (select username from users where id = "                                  \
    "(select case when not answered.flagged then answered.author_id end from messages answered "                       \
    "where answered.id = m.answers_id)) end"

#define MESSAGE_COLUMNS                                                                                                \
    "m.id, u.username, u.email, u.avatar, m.text, (extract(epoch from m.pub_date) * 1000000)::bigint, "                \
    "m.answers_id, " ANSWERED_AUTHOR " "

/* Messages m with MESSAGE_COLUMNS. */
#define MESSAGES_FROM(from) "select " MESSAGE_COLUMNS "from " from " join users u on u.id = m.author_id "

/* clang-format on */

#endif
