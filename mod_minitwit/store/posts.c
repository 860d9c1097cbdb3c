/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/posts.h"

#include "store/exchange.h"
#include "store/marks.h"
#include "store/sessions.h"

/* Columns of MT_STATEMENT_MESSAGES_ADD_MARKED after those of the author. */
#define COLUMN_ID       4
#define COLUMN_ANSWERED 5

static apr_status_t take_post(apr_pool_t *pool, const PGresult *result, int is_answer, mt_post_t *post)
{
    apr_status_t rv = mt_users_take(pool, result, &post->author);

    if (rv != APR_SUCCESS || !is_answer)
        return rv;
    if (PQgetisnull(result, 0, COLUMN_ID))
        return APR_ENOENT;
    post->answered = mt_value_text(pool, result, 0, COLUMN_ANSWERED);
    return APR_SUCCESS;
}

apr_status_t mt_posts_add(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session, const char *text,
                          apr_int64_t answers, mt_post_t *post)
{
    char token_hash[MT_VALUE_HASH_SIZE], id[MT_VALUE_INTEGER_SIZE];
    mt_marks_t marks;

    mt_marks_find(pool, text, &marks);
    const char *values[] = { mt_value_format_hash(token_hash, session), text,
                             answers ? mt_value_format_integer(id, answers) : NULL, marks.names, marks.tags };
    int is_plain = !answers && !marks.names && !marks.tags;
    PGresult *result;
    apr_status_t rv = mt_sessions_write(
        connection, is_plain ? MT_STATEMENT_MESSAGES_ADD : MT_STATEMENT_MESSAGES_ADD_MARKED, values, &result);

    *post = (mt_post_t){ .author = NULL };
    if (rv == APR_SUCCESS)
        rv = take_post(pool, result, answers != 0, post);
    PQclear(result);
    return rv;
}

apr_status_t mt_posts_add_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *username,
                                      const char *text)
{
    mt_marks_t marks;

    mt_marks_find(pool, text, &marks);
    const char *values[] = { username, mt_value_nfc(pool, username), text, marks.names, marks.tags };
    int is_plain = !marks.names && !marks.tags;
    return mt_exchange_write(
        connection, is_plain ? MT_STATEMENT_MESSAGES_ADD_BY_USERNAME : MT_STATEMENT_MESSAGES_ADD_BY_USERNAME_MARKED,
        values, APR_ENOENT);
}
