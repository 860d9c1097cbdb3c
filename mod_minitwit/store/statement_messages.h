/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_MESSAGES_H
#define MT_STATEMENT_MESSAGES_H

#include "store/statement_parts.h"

/* The SQL for timelines and other lists of messages, and for single messages. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

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

#define PUBLIC(part, order) MESSAGES_FROM("messages m") "where " part order "limit $1"
#define MESSAGES_PUBLIC       PUBLIC(OLDER, NEWEST_FIRST)
#define MESSAGES_PUBLIC_NEWER PUBLIC(NEWER, OLDEST_FIRST)

#define BY_USER(part, order)                                                                                           \
    MESSAGES_FROM("messages m") "where m.author_id = " USER_NAMED("$4", "$5") " and " part order "limit $1"
#define MESSAGES_BY_USER       BY_USER(OLDER, NEWEST_FIRST)
#define MESSAGES_BY_USER_NEWER BY_USER(NEWER, OLDEST_FIRST)

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

#define MESSAGES_ANSWERS       ANSWERS(LISTED_OLDER, LISTED_NEWEST_FIRST)
#define MESSAGES_ANSWERS_NEWER ANSWERS(LISTED_NEWER, LISTED_OLDEST_FIRST)

/* The messages that mention the user of the session. */
#define MESSAGES_MENTIONING       MENTIONING(LISTED_OLDER, LISTED_NEWEST_FIRST)
#define MESSAGES_MENTIONING_NEWER MENTIONING(LISTED_NEWER, LISTED_OLDEST_FIRST)

#define MESSAGES_TAGGED       TAGGED(LISTED_OLDER, LISTED_NEWEST_FIRST)
#define MESSAGES_TAGGED_NEWER TAGGED(LISTED_NEWER, LISTED_OLDEST_FIRST)

/* Reads the ids of each author from the index alone, and fetches only the messages of the page. */
#define HOME_FEW(user, part, order)                                                                                    \
    MESSAGES_FROM("(select m.id from ("                                                                                \
                  "select " user " as id union all select whom_id from followers where who_id = " user ") a "          \
                  "cross join lateral (select m.id, m.pub_date from messages m "                                       \
                  "where m.author_id = a.id and " part order "limit $1) m " order "limit $1) w "                       \
                  "join messages m on m.id = w.id")                                                                    \
    order
#define MESSAGES_HOME_FEW       HOME_FEW("$4::bigint", OLDER, NEWEST_FIRST)
#define MESSAGES_HOME_FEW_NEWER HOME_FEW("$4::bigint", NEWER, OLDEST_FIRST)

/* For the user of the session. It returns nothing if that user has many followees. */
#define HOME_SESSION(part, order)                                                                                      \
    "with visitor as (select s.user_id from (" SESSION_USER("$4") ") s "                                               \
    "where " FOLLOWEES("s.user_id") " <= " FEW_FOLLOWEES ") "                                                          \
    HOME_FEW("(select user_id from visitor)", part, order)
#define MESSAGES_HOME_SESSION       HOME_SESSION(OLDER, NEWEST_FIRST)
#define MESSAGES_HOME_SESSION_NEWER HOME_SESSION(NEWER, OLDEST_FIRST)

/* For a user with many followees. A large part of the messages of all users belongs to such a timeline. */
#define HOME_MANY(part, order)                                                                                         \
    MESSAGES_FROM("(select m.* from messages m where " part order "limit 2000) m")                                     \
    "where m.author_id = $4 "                                                                                          \
    "or exists (select from followers f where f.who_id = $4 and f.whom_id = m.author_id) " order "limit $1"
#define MESSAGES_HOME_MANY       HOME_MANY(OLDER, NEWEST_FIRST)
#define MESSAGES_HOME_MANY_NEWER HOME_MANY(NEWER, OLDEST_FIRST)

#define MESSAGES_FIND MESSAGES_FROM(MESSAGE_BY_ID("$1")) "where not m.flagged and m.author_id = " USER_NAMED("$2", "$3")

/* The message that message $1 answers. */
#define MESSAGES_ANSWERED                                                                                              \
    MESSAGES_FROM(MESSAGE_BY_ID("(select answers_id from messages where id = $1)")) "where not m.flagged"

/* The date of a message, or of the last one before it if it was deleted. There is none for an id that was never
 * used. */
#define MESSAGES_KEY                                                                                                   \
    "select (extract(epoch from m.pub_date) * 1000000)::bigint from messages m "                                       \
    "where m.id <= $1::bigint and $1::bigint <= (select max(id) from messages) order by m.id desc limit 1"

/* clang-format on */

#endif
