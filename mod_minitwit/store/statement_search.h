/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_SEARCH_H
#define MT_STATEMENT_SEARCH_H

#include "store/search_words.h"
#include "store/statement_parts.h"

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

/* The SQL of the search. */
#define FINE_BITS    MT_SEARCH_FINE_BITS
#define COARSE_BITS  MT_SEARCH_COARSE_BITS
#define FINE_SHIFT   "4" /* the difference */
#define PLAIN(text)  MT_SEARCH_PLAIN(text)

/* Locks the row of search_progress. If another transaction holds it, or has changed it since the statement began, or if
 * the condition is false, there is no row, and the statement does nothing. So of several nodes only one works, and the
 * snapshot of the statement is never older than the row. */
#define PROGRESS(condition)                                                                                            \
    "progress as materialized (select p.seen, p.complete, p.next_complete from search_progress p "                     \
    "where (p.seen, p.complete, p.next_complete) = (select o.seen, o.complete, o.next_complete "                       \
    "from search_progress o) and " condition " for update skip locked), "

/* Looks at no more than $1 messages after this id. */
#define BATCH(after, condition)                                                                                        \
    "batch as materialized (select m.* from progress p "                                                               \
    "cross join lateral (select m.id, m.author_id, m.text, m.flagged from messages m "                                 \
    "where m.id > " after condition " order by m.id limit $1) m), "

/* Adds at most $1 new messages, but no flagged ones. Returns the number of all new messages that it has passed, or no
 * row if there are none. */
#define SEARCH_INDEX                                                                                                   \
    "with " PROGRESS("exists (select from messages m where m.id > p.seen)") BATCH("p.seen", "")                        \
    "added as (" MT_SEARCH_ADD("(select * from batch where not flagged)") ") "                                         \
    "update search_progress set seen = (select max(id) from batch) where exists (select from batch) "                  \
    "returning (select count(*) from batch)"

/* Looks at the next $1 messages up to next_complete, and adds those that were not visible before, because their
 * transactions took a long time. A transaction with an id of a message also has a transaction id, because the
 * statements that add messages lock the author first. So when all transactions before next_xid have ended, no message
 * with an id up to next_complete can appear. next_xid is the transaction id of this statement, because an id from the
 * snapshot may be older than transactions that are still running. A next_xid in the future comes from a backup of
 * another cluster.
 *
 * Returns the number of messages that it added, and 1 if it may not have reached next_complete, or no row if it did
 * nothing. */
#define SEARCH_COMPLETE                                                                                                \
    "with " PROGRESS("p.complete < p.seen and (pg_snapshot_xmin(pg_current_snapshot()) >= p.next_xid "                 \
                     "or pg_snapshot_xmax(pg_current_snapshot()) < p.next_xid)")                                       \
    BATCH("p.complete", " and m.id <= p.next_complete")                                                                \
    "missing as materialized (select m.* from batch m where not m.flagged "                                            \
    "and not exists (select from search s where s.message_id = m.id)), added as (" MT_SEARCH_ADD("missing") ")"        \
    ", reached as (select case when (select count(*) from batch) < $1 then p.next_complete "                           \
    "else (select max(id) from batch) end as id from progress p) "                                                     \
    "update search_progress p set complete = r.id, "                                                                   \
    "next_complete = case when r.id = p.next_complete then p.seen else p.next_complete end, "                          \
    "next_xid = case when r.id = p.next_complete then pg_current_xact_id() else p.next_xid end "                       \
    "from reached r returning (select count(*) from missing), ((select count(*) from batch) = $1)::int"

/* Searches the blocks one by one, and stops when the page is full. If a coarse block has few matches, one look-up in
 * the index finds them all. Otherwise its fine blocks are searched, and only those that are needed. So the cost of a
 * common word does not depend on the number of messages that have it, and a rare word is found quickly, too. "offset 0"
 * keeps the planner from reading all messages in order, which it prefers if it expects many matches, and from searching
 * a block more than once. The limit keeps the right messages, because each lateral subquery runs once for each
 * preceding row, in the order of these rows. The numbers of the blocks come from a select list, which makes them one by
 * one. In "from", all would be made at once, and if the ids of messages are far apart, there are very many.
 *
 * Common words that never occur in the same message make each block costly. So a search has a time budget, and
 * "allowed" is computed for each block when its turn comes. The first block is always allowed, so that each page gets
 * further. A block that is not allowed has a row without a message, and so have the blocks after it, up to the limit.
 * The last column of these rows is the id at which the search stopped, before the block. Without such a row, the page
 * is full or the search is at its end.
 *
 * $1: number of messages, $2: the id next to which the page begins, null for the newest, $3: words, $4: tags as a
 * tsquery, $5: name of the author or null, $6: its NFC or null, $7: the budget in milliseconds. It finds nothing for an
 * author who does not exist. low and high: the first and the last id of the search. first, last: these two names in the
 * order of the search. stopped: the last id of the blocks before c. */
#define FEW_MATCHES "200"
#define SEARCH_MESSAGES(low, high, first, last, step, stopped, order)                                                  \
    "with query as materialized (select w.wanted, " low " as low, " high " as high "                                   \
    "from (select seen as newest from search_progress) n cross join "                                                  \
    "(select plainto_tsquery('simple', " PLAIN("$3") ") && $4::tsquery && case when $5::text is null "                 \
    "then ''::tsquery else (select ('''a ' || id || '''')::tsquery from users " NAMED("$5", "$6") ") end "             \
    "as wanted) w where numnode(w.wanted) > 0) "                                                                       \
    "select " MESSAGE_COLUMNS ", m.stopped from "                                                                      \
        "(select m.*, case when not b.allowed then " stopped " end as stopped from query q "                           \
        "cross join lateral (select generate_series(q." first " >> " COARSE_BITS ", q." last " >> " COARSE_BITS ", "   \
        step ") as id) c "                                                                                             \
        "cross join lateral (select c.id = q." first " >> " COARSE_BITS " or clock_timestamp() < "                     \
        "statement_timestamp() + $7::bigint * interval '1 millisecond' as allowed offset 0) b "                        \
        "cross join lateral (select array(select s.message_id from search s where b.allowed "                          \
        "and s.words @@ (q.wanted && ('''c ' || c.id || '''')::tsquery) limit " FEW_MATCHES ") as ids offset 0) k "    \
        "cross join lateral ((select u.id from unnest(k.ids) u (id) where cardinality(k.ids) < " FEW_MATCHES " "       \
        "and u.id between q.low and q.high order by u.id " order ") union all "                                        \
        "(select o.message_id from (select greatest(q.low >> " FINE_BITS ", c.id << " FINE_SHIFT ") as low, "          \
        "least(q.high >> " FINE_BITS ", (c.id + 1 << " FINE_SHIFT ") - 1) as high "                                    \
        "where cardinality(k.ids) = " FEW_MATCHES ") r "                                                               \
        "cross join lateral generate_series(r." first ", r." last ", " step ") f (id) "                                \
        "cross join lateral (select s.message_id from (select s.message_id from search s "                             \
        "where s.words @@ (q.wanted && ('''b ' || f.id || '''')::tsquery) offset 0) s "                                \
        "where s.message_id between q.low and q.high order by s.message_id " order ") o) union all "                   \
        "(select null where not b.allowed)) o (id) "                                                                   \
        "left join messages m on m.id = o.id where m.flagged is not true limit $1) m "                                 \
    "left join users u on u.id = m.author_id order by m.id " order " nulls last, m.stopped " order

#define SEARCH_OLDER                                                                                                   \
    SEARCH_MESSAGES("0::bigint", "coalesce(least($2::bigint - 1, n.newest), n.newest)", "high", "low", "-1",           \
                    "c.id + 1 << " COARSE_BITS, "desc")
#define SEARCH_NEWER                                                                                                   \
    SEARCH_MESSAGES("$2::bigint + 1", "n.newest", "low", "high", "1", "(c.id << " COARSE_BITS ") - 1", "asc")

/* The first message that a search has not reached. $1: the id where the search stopped. */
#define SEARCH_REST(beyond, order)                                                                                     \
    "select id, (extract(epoch from pub_date) * 1000000)::bigint from messages where id " beyond " $1 "                \
    "order by id " order " limit 1"

/* The index of the words can only be read by a bitmap scan, which MT_STATEMENT_SETTINGS turns off. Without plain index
 * scans, the planner has no other way, whatever the size of the site. $1 is the statement_timeout in milliseconds. All
 * of it ends with the transaction. */
#define SEARCH_SETTINGS                                                                                                \
    "select set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true), "                \
    "set_config('statement_timeout', $1, true)"

#define SEARCH_SETTLE "select search_settle()"

/* $2: the beginning of the name, with ASCII in lower case; $3: the first text after all such names. */
#define SEARCH_PEOPLE                                                                                                  \
    "select id, username, email, avatar from users where lower(username) >= $2 and lower(username) < $3 "              \
    "order by lower(username) limit $1"

/* clang-format on */

#endif
