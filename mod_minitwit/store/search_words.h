/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SEARCH_WORDS_H
#define MT_SEARCH_WORDS_H

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

/* The contents of the index of the search.
 *
 * The column search.words has the words of a message, and lexemes of other kinds. These contain a space, so that they
 * differ from words: the author 'a ID', each tag 't TAG', and the two blocks of ids that the message belongs to: 'b' or
 * 'c', with the id without its last 12 or 16 bits. */
#define MT_SEARCH_FINE_BITS   "12"
#define MT_SEARCH_COARSE_BITS "16"

/* ASCII punctuation becomes spaces. Otherwise PostgreSQL's parser would find addresses, paths and signed numbers, and a
 * search for one of their words would not find them. Only the beginning of a text is used, because its words always fit
 * into a tsvector, which has a limit of 1 MiB. */
#define MT_SEARCH_PLAIN(text)                                                                                          \
    "translate(normalize(left(" text ", 10000), nfkc), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32))"

/* A statement that adds messages to the index, unless they are in it. source: their id, author_id and text. */
#define MT_SEARCH_ADD(source)                                                                                          \
    "insert into public.search (message_id, words) select m.id, "                                                      \
    "strip(to_tsvector('simple', " MT_SEARCH_PLAIN("m.text") ")) || array_to_tsvector(array['a ' || m.author_id, "     \
    "'b ' || (m.id >> " MT_SEARCH_FINE_BITS "), 'c ' || (m.id >> " MT_SEARCH_COARSE_BITS ")] || "                      \
    "array(select 't ' || t.tag from public.message_tags t where t.message_id = m.id)) "                               \
    "from " source " m on conflict (message_id) do nothing"

/* clang-format on */

#endif
