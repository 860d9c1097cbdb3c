/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/messages.h"

#include "store/exchange.h"
#include "store/sessions.h"

/* The statements for a timeline, which travel in one round trip, and their parameters. */
typedef struct question_t {
    mt_call_t calls[MT_PIPELINE_CALLS_MAX];
    int count;
    char limit[MT_VALUE_INTEGER_SIZE];
    char before[MT_VALUE_INTEGER_SIZE];
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *session[1];
    const char *relation[3]; /* session, username, its NFC */
    const char *exists[1];   /* before */
    const char *page[4];     /* limit, before, and for some statements the user (and the name's NFC) or the session */
    const char *owner[2];    /* username, its NFC */
} question_t;

static void ask(question_t *question, mt_statement_id_t id, const char *const *values)
{
    question->calls[question->count++] = (mt_call_t){ .id = id, .values = values };
}

/* Adds the statements for the visitor, the owner and their relation. session and username may be NULL. */
static void ask_people(question_t *question, apr_pool_t *pool, const unsigned char *session, const char *username)
{
    question->count = 0;
    question->owner[0] = username;
    question->owner[1] = username ? mt_value_nfc(pool, username) : NULL;
    if (session) {
        question->session[0] = mt_value_format_hash(question->token_hash, session);
        ask(question, MT_STATEMENT_SESSIONS_FIND, question->session);
    }
    if (username)
        ask(question, MT_STATEMENT_USERS_FIND, question->owner);
    if (session && username) {
        question->relation[0] = question->session[0];
        question->relation[1] = question->owner[0];
        question->relation[2] = question->owner[1];
        ask(question, MT_STATEMENT_FOLLOWS_EXISTS, question->relation);
    }
}

/* Adds the statements for the messages. whose is the third parameter of id, if it has one. The fourth is the NFC of the
 * owner's name. */
static void ask_messages(question_t *question, mt_statement_id_t id, const mt_message_range_t *page, const char *whose)
{
    question->page[0] = mt_value_format_integer(question->limit, page->limit);
    question->page[1] = mt_value_format_integer(question->before, page->before);
    question->page[2] = whose;
    question->page[3] = question->owner[1];
    if (page->before != 0) {
        question->exists[0] = question->before;
        ask(question, MT_STATEMENT_MESSAGES_EXISTS, question->exists);
    }
    ask(question, id, question->page);
}

/* Decodes MESSAGE_COLUMNS of statement.c. The texts are not copied, because the pool keeps the result. */
static void take_messages(apr_pool_t *pool, PGresult *result, mt_messages_t *messages)
{
    mt_value_keep(pool, result);
    messages->count = PQntuples(result);
    messages->items = apr_palloc(pool, (apr_size_t)messages->count * sizeof(*messages->items));
    for (int row = 0; row < messages->count; row++) {
        messages->items[row] = (mt_message_t){
            .id = mt_value_integer(result, row, 0),
            .username = PQgetvalue(result, row, 1),
            .email = PQgetvalue(result, row, 2),
            .avatar = PQgetvalue(result, row, 3),
            .text = PQgetvalue(result, row, 4),
            .pub_date = mt_value_integer(result, row, 5),
        };
    }
}

static void take_answer(apr_pool_t *pool, mt_call_t *call, mt_message_range_t *page, mt_timeline_t *timeline)
{
    switch (call->id) {
    case MT_STATEMENT_SESSIONS_FIND:
        mt_sessions_take(pool, call->result, &timeline->visitor);
        break;
    case MT_STATEMENT_USERS_FIND:
        mt_users_take(pool, call->result, &timeline->owner);
        break;
    case MT_STATEMENT_FOLLOWS_EXISTS:
        timeline->followed = (int)mt_value_integer(call->result, 0, 0);
        break;
    case MT_STATEMENT_MESSAGES_EXISTS:
        if (!mt_value_integer(call->result, 0, 0))
            page->before = 0;
        break;
    default:
        take_messages(pool, call->result, &timeline->messages);
        call->result = NULL;
    }
}

static apr_status_t get_answers(mt_connection_t *connection, apr_pool_t *pool, question_t *question,
                                mt_message_range_t *page, mt_timeline_t *timeline)
{
    apr_status_t rv = mt_exchange_batch(connection, question->calls, question->count);

    *timeline = (mt_timeline_t){ .visitor = NULL };
    for (int i = 0; rv == APR_SUCCESS && i < question->count; i++)
        take_answer(pool, &question->calls[i], page, timeline);
    mt_pipeline_clear(question->calls, question->count);
    return rv;
}

apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                mt_message_range_t *page, mt_timeline_t *timeline)
{
    question_t question;

    ask_people(&question, pool, session, NULL);
    ask_messages(&question, MT_STATEMENT_MESSAGES_PUBLIC, page, NULL);
    return get_answers(connection, pool, &question, page, timeline);
}

apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, mt_message_range_t *page, mt_timeline_t *timeline)
{
    question_t question;
    apr_status_t rv;

    ask_people(&question, pool, session, username);
    ask_messages(&question, MT_STATEMENT_MESSAGES_BY_USER, page, username);
    rv = get_answers(connection, pool, &question, page, timeline);
    return rv == APR_SUCCESS && !timeline->owner ? APR_ENOENT : rv;
}

/* Reads the messages in a second round trip, by the user's id. */
static apr_status_t read_home(mt_connection_t *connection, apr_pool_t *pool, const mt_user_t *user,
                              const mt_message_range_t *page, mt_messages_t *messages)
{
    char limit[MT_VALUE_INTEGER_SIZE], before[MT_VALUE_INTEGER_SIZE], id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(limit, page->limit), mt_value_format_integer(before, page->before),
                             mt_value_format_integer(id, user->id) };
    int is_many = user->followees > MT_STATEMENT_FEW_FOLLOWEES;
    PGresult *result;
    apr_status_t rv = mt_exchange_continue(
        connection, is_many ? MT_STATEMENT_MESSAGES_HOME_MANY : MT_STATEMENT_MESSAGES_HOME_FEW, values, &result);

    /* If the page is not full, the statement may have stopped before older messages, because the followees write
     * little. */
    if (is_many && rv == APR_SUCCESS && PQntuples(result) < page->limit) {
        PQclear(result);
        rv = mt_exchange_continue(connection, MT_STATEMENT_MESSAGES_HOME_FEW, values, &result);
    }
    if (rv == APR_SUCCESS)
        take_messages(pool, result, messages);
    return rv;
}

apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                              mt_message_range_t *page, mt_timeline_t *timeline)
{
    question_t question;
    apr_status_t rv;

    if (!session) {
        *timeline = (mt_timeline_t){ .visitor = NULL };
        return APR_ENOENT;
    }
    ask_people(&question, pool, session, NULL);
    ask_messages(&question, MT_STATEMENT_MESSAGES_HOME_SESSION, page, question.session[0]);
    rv = get_answers(connection, pool, &question, page, timeline);
    if (rv != APR_SUCCESS)
        return rv;
    if (!timeline->visitor)
        return APR_ENOENT;
    /* Each statement has its own snapshot. Between the two, the session may have ended, or the visitor may have started
     * to follow many users. Either makes the second statement return nothing. */
    if (timeline->visitor->followees > MT_STATEMENT_FEW_FOLLOWEES || timeline->messages.count == 0)
        rv = read_home(connection, pool, timeline->visitor, page, &timeline->messages);
    return rv;
}

apr_status_t mt_messages_add(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                             const char *text, mt_user_t **author)
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, session), text };
    PGresult *result;
    apr_status_t rv = mt_sessions_write(connection, MT_STATEMENT_MESSAGES_ADD, values, &result);

    *author = NULL;
    if (rv == APR_SUCCESS)
        rv = mt_users_take(pool, result, author);
    PQclear(result);
    return rv;
}

apr_status_t mt_messages_add_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *username,
                                         const char *text)
{
    const char *values[] = { username, mt_value_nfc(pool, username), text };

    return mt_exchange_write(connection, MT_STATEMENT_MESSAGES_ADD_BY_USERNAME, values, APR_ENOENT);
}
