/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/search.h"

#include "store/connection_internal.h"
#include "store/exchange.h"
#include "store/sessions.h"

#include <apr_strings.h>
#include <string.h>

/* The last character of Unicode, in UTF-8. */
#define LAST_CHARACTER "\xF4\x8F\xBF\xBF"

/* The column that SEARCH_MESSAGES adds to those of a message. */
#define COLUMN_STOPPED 8

/* The statements of a search, which travel in one round trip, and their parameters. */
typedef struct question_t {
    mt_call_t calls[MT_PIPELINE_CALLS_MAX];
    int count;
    char token_hash[MT_VALUE_HASH_SIZE];
    char people_limit[MT_VALUE_INTEGER_SIZE];
    char timeout[MT_VALUE_INTEGER_SIZE];
    char limit[MT_VALUE_INTEGER_SIZE];
    char begin[MT_VALUE_INTEGER_SIZE];
    char budget[MT_VALUE_INTEGER_SIZE];
    const char *session[1];
    const char *people[3];   /* limit, prefix, the text after all names with the prefix */
    const char *settings[1]; /* time-out */
    const char *messages[7]; /* limit, begin, words, tags, author, its NFC, budget */
} question_t;

static void ask(question_t *question, mt_statement_id_t id, const char *const *values)
{
    question->calls[question->count++] = (mt_call_t){ .id = id, .values = values };
}

static void ask_people(question_t *question, apr_pool_t *pool, const char *prefix)
{
    question->people[0] = mt_value_format_integer(question->people_limit, MT_SEARCH_PEOPLE_MAX);
    question->people[1] = prefix;
    question->people[2] = apr_pstrcat(pool, prefix, LAST_CHARACTER, NULL);
    ask(question, MT_STATEMENT_SEARCH_PEOPLE, question->people);
}

/* The settings come directly before the statement that needs them, so that the planner does not use them for others. */
static void ask_messages(question_t *question, apr_pool_t *pool, apr_interval_time_t timeout,
                         const mt_search_query_t *query, const mt_message_range_t *range)
{
    apr_int64_t milliseconds = timeout / 1000;

    question->settings[0] = mt_value_format_integer(question->timeout, milliseconds * 3 / 4);
    ask(question, MT_STATEMENT_SEARCH_SETTINGS, question->settings);
    question->messages[0] = mt_value_format_integer(question->limit, range->limit);
    question->messages[1] =
        range->kind == MT_RANGE_NEWEST ? NULL : mt_value_format_integer(question->begin, range->begin.id);
    question->messages[2] = query->words;
    question->messages[3] = query->tags;
    question->messages[4] = query->author;
    question->messages[5] = query->author ? mt_value_nfc(pool, query->author) : NULL;
    question->messages[6] = mt_value_format_integer(question->budget, milliseconds * 3 / 8);
    ask(question, range->kind == MT_RANGE_NEWER ? MT_STATEMENT_SEARCH_MESSAGES_NEWER : MT_STATEMENT_SEARCH_MESSAGES,
        question->messages);
}

static void take_people(apr_pool_t *pool, const PGresult *result, mt_search_t *search)
{
    search->people_count = PQntuples(result);
    search->people = apr_pcalloc(pool, (apr_size_t)search->people_count * sizeof(*search->people));
    for (int row = 0; row < search->people_count; row++) {
        search->people[row] = (mt_user_t){
            .id = mt_value_integer(result, row, 0),
            .username = mt_value_text(pool, result, row, 1),
            .email = mt_value_text(pool, result, row, 2),
            .avatar = mt_value_text(pool, result, row, 3),
        };
    }
}

/* Rows without a message come last. The first of them has the id where the search stopped. */
static void take_messages(apr_pool_t *pool, PGresult *result, const mt_message_range_t *range, mt_search_t *search)
{
    mt_messages_take(pool, result, range, &search->messages);
    search->is_partial = search->messages.count < PQntuples(result);
    if (search->is_partial)
        search->rest.id = mt_value_integer(result, search->messages.count, COLUMN_STOPPED);
}

static void take_answer(apr_pool_t *pool, mt_call_t *call, const mt_message_range_t *range, mt_search_t *search)
{
    switch (call->id) {
    case MT_STATEMENT_SESSIONS_FIND:
        mt_sessions_take(pool, call->result, &search->visitor);
        break;
    case MT_STATEMENT_SEARCH_PEOPLE:
        take_people(pool, call->result, search);
        break;
    case MT_STATEMENT_SEARCH_SETTINGS:
        break;
    default:
        take_messages(pool, call->result, range, search);
        call->result = NULL;
    }
}

/* Looks up the first message beyond the id where the search stopped. If there is none, the result is complete. */
static apr_status_t find_rest(mt_connection_t *connection, const mt_message_range_t *range, mt_search_t *search)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, search->rest.id) };
    int is_newer = range->kind == MT_RANGE_NEWER;
    PGresult *result;
    apr_status_t rv = mt_exchange_continue(
        connection, is_newer ? MT_STATEMENT_SEARCH_REST_NEWER : MT_STATEMENT_SEARCH_REST, values, &result);

    if (rv == APR_SUCCESS) {
        search->is_partial = PQntuples(result) > 0;
        if (search->is_partial)
            search->rest =
                (mt_cursor_t){ .pub_date = mt_value_integer(result, 0, 1), .id = mt_value_integer(result, 0, 0) };
    }
    PQclear(result);
    return rv;
}

/* The server has ended the search itself. An administrator can also do so, but the remedy is the same. */
static int is_too_slow(const mt_store_error_t *error)
{
    return strcmp(error->sqlstate, "57014") == 0 &&
           (strcmp(error->statement, mt_statement_label(MT_STATEMENT_SEARCH_MESSAGES)) == 0 ||
            strcmp(error->statement, mt_statement_label(MT_STATEMENT_SEARCH_MESSAGES_NEWER)) == 0);
}

apr_status_t mt_search_run(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                           const mt_search_query_t *query, const mt_message_range_t *range, mt_search_t *search)
{
    question_t question = { .count = 0 };

    *search = (mt_search_t){ .visitor = NULL };
    if (session) {
        question.session[0] = mt_value_format_hash(question.token_hash, session);
        ask(&question, MT_STATEMENT_SESSIONS_FIND, question.session);
    }
    if (query->prefix && range->kind == MT_RANGE_NEWEST)
        ask_people(&question, pool, query->prefix);
    ask_messages(&question, pool, connection->timeout, query, range);
    apr_status_t rv = mt_exchange_batch(connection, question.calls, question.count);
    for (int i = 0; rv == APR_SUCCESS && i < question.count; i++)
        take_answer(pool, &question.calls[i], range, search);
    mt_pipeline_clear(question.calls, question.count);
    if (rv == APR_SUCCESS && search->is_partial)
        rv = find_rest(connection, range, search);
    return rv == APR_EGENERAL && is_too_slow(&connection->error) ? APR_TIMEUP : rv;
}
