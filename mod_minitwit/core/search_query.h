/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SEARCH_QUERY_H
#define MT_SEARCH_QUERY_H

#include <apr_pools.h>

/* The query of a search, as a user types it. A message must meet all its terms:
 *
 *     ferry late            both words, in any order
 *     #harbour              the tag, in any spelling (core/entity.h)
 *     from:roger            a message of this author
 *     from:"Roger Histand"  the same, for a name with spaces
 *
 * There are no other operators: ASCII punctuation separates words, as a space does. */

#define MT_SEARCH_QUERY_MAX 200 /* characters. A search for a whole sentence fits */
#define MT_SEARCH_TERMS_MAX 10  /* words and tags. Each costs a search in the index */

typedef struct mt_search_query_t {
    const char *text;   /* as typed, without white space around it */
    const char *words;  /* separated by single spaces, without ASCII punctuation; "": none */
    const char *tags;   /* for PostgreSQL's type tsquery, for example "'t harbour' & 't gulls'"; "": none */
    const char *author; /* a name as typed; NULL: none */
    const char *prefix; /* the query as the beginning of a username, in NFC, ASCII in lower case; NULL: cannot be one */
    const char *problem; /* a sentence for the user, if the query cannot be searched; NULL: none */
} mt_search_query_t;

/* Parses a query. text is valid UTF-8. NULL means that there is no query, which is also a problem. All results are in
 * pool or static, and text must live as long as they do. The time is linear in the length of the text. */
void mt_search_query_parse(apr_pool_t *pool, const char *text, mt_search_query_t *query);

#endif
