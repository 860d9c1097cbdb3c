/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_POSTS_H
#define MT_STATEMENT_POSTS_H

#include "store/statement_parts.h"

/* The SQL for new messages. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

/* Stores the mentions and tags of the message in the CTE "added". names and tags come from store/marks.h. The author of
 * the answered message counts as mentioned. */
#define MARKS(names, tags)                                                                                             \
    "mentioned as (select n.id from json_to_recordset(" names "::json) w (name text, nfc text) "                       \
    "cross join lateral (select id from users " NAMED("w.name", "w.nfc") LOCKED ") n), "                               \
    "noticed as (insert into mentions (user_id, pub_date, message_id) select w.id, added.pub_date, added.id "          \
    "from added cross join (select id from mentioned union select answers_author_id from added) w "                    \
    "where w.id <> added.author_id), "                                                                                 \
    "tagged as (insert into message_tags (tag, pub_date, message_id) select w.tag, added.pub_date, added.id "          \
    "from added cross join json_array_elements_text(" tags "::json) w (tag)) "

#define MESSAGES_ADD                                                                                                   \
    "with author as " VISITOR("$1") ", "                                                                               \
    "added as (insert into messages (author_id, text) select id, $2::text from author) "                               \
    "select * from author"

#define MESSAGES_ADD_BY_USERNAME                                                                                       \
    "insert into messages (author_id, text) select id, $3::text from users " NAMED("$1", "$2") LOCKED

#define MESSAGES_ADD_BY_USERNAME_MARKED                                                                                \
    "with author as (select id from users " NAMED("$1", "$2") LOCKED "), "                                             \
    "added as (insert into messages (author_id, text) select id, $3::text from author "                                \
    "returning id, author_id, pub_date, answers_author_id), "                                                          \
    MARKS("$4", "$5")                                                                                                  \
    "select from author"

/* The last two columns are the id of the message and the name of the answered user. The id is null if the answered
 * message $3 does not exist or is flagged. Nothing is stored then. The lock on its author keeps this user from
 * being deleted before the mention is stored. The message itself may be deleted, because no foreign key needs it. */
#define MESSAGES_ADD_MARKED                                                                                            \
    "with author as " VISITOR("$1") ", "                                                                               \
    "answered as (select m.id, m.author_id, u.username from " MESSAGE_BY_ID("$3::bigint") " "                          \
    "join users u on u.id = m.author_id where not m.flagged" LOCKED " of u), "                                         \
    "added as (insert into messages (author_id, text, answers_id, answers_author_id) "                                 \
    "select author.id, $2::text, answered.id, answered.author_id from author left join answered on true "              \
    "where $3::bigint is null or answered.id is not null "                                                             \
    "returning id, author_id, pub_date, answers_id, answers_author_id), "                                              \
    "listed as (insert into answers (answered_id, pub_date, message_id) "                                              \
    "select answers_id, pub_date, id from added where answers_id is not null), "                                       \
    MARKS("$4", "$5")                                                                                                  \
    "select author.*, (select id from added), (select username from answered) from author"

/* clang-format on */

#endif
