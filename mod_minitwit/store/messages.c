/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/messages.h"

#include "store/exchange.h"

/* From this number of followees on, looking through the newest messages of everybody is faster than merging the newest
 * of each followee: measured with a million messages, the two meet a little above. */
#define MANY_FOLLOWEES 101

/* A page's position and size, and for some statements a user, as texts. */
typedef struct parameters_t {
    char limit[MT_VALUE_INTEGER_SIZE];
    char before[MT_VALUE_INTEGER_SIZE];
    char user_id[MT_VALUE_INTEGER_SIZE];
    const char *values[3];
} parameters_t;

static void fill_parameters(parameters_t *parameters, const mt_page_t *page, apr_int64_t user_id)
{
    parameters->values[0] = mt_value_format_integer(parameters->limit, page->limit);
    parameters->values[1] = mt_value_format_integer(parameters->before, page->before);
    parameters->values[2] = mt_value_format_integer(parameters->user_id, user_id);
}

/* Decodes MESSAGE_COLUMNS of statement.c, and clears the result. */
static void take_messages(apr_pool_t *pool, PGresult *result, mt_messages_t *messages)
{
    messages->count = PQntuples(result);
    messages->items = apr_palloc(pool, (apr_size_t)messages->count * sizeof(*messages->items));
    for (int row = 0; row < messages->count; row++) {
        mt_message_t *message = &messages->items[row];

        message->id = mt_value_integer(result, row, 0);
        message->username = mt_value_text(pool, result, row, 1);
        message->email = mt_value_text(pool, result, row, 2);
        message->avatar = mt_value_text(pool, result, row, 3);
        message->text = mt_value_text(pool, result, row, 4);
        message->pub_date = mt_value_integer(result, row, 5);
    }
    PQclear(result);
}

apr_status_t mt_messages_settle(mt_connection_t *connection, mt_page_t *page)
{
    char before[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(before, page->before) };
    apr_int64_t exists = 0;

    if (page->before == 0)
        return APR_SUCCESS;
    apr_status_t rv = mt_exchange_number(connection, MT_STATEMENT_MESSAGES_EXISTS, values, &exists);
    if (!exists)
        page->before = 0;
    return rv;
}

apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const mt_page_t *page,
                                mt_messages_t *messages)
{
    parameters_t parameters;
    PGresult *result;
    apr_status_t rv;

    fill_parameters(&parameters, page, 0);
    rv = mt_exchange_run(connection, MT_STATEMENT_MESSAGES_PUBLIC, parameters.values, &result);
    if (rv == APR_SUCCESS)
        take_messages(pool, result, messages);
    return rv;
}

apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, apr_int64_t user_id,
                                 const mt_page_t *page, mt_messages_t *messages)
{
    parameters_t parameters;
    PGresult *result;
    apr_status_t rv;

    fill_parameters(&parameters, page, user_id);
    rv = mt_exchange_run(connection, MT_STATEMENT_MESSAGES_BY_USER, parameters.values, &result);
    if (rv == APR_SUCCESS)
        take_messages(pool, result, messages);
    return rv;
}

apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const mt_user_t *user,
                              const mt_page_t *page, mt_messages_t *messages)
{
    parameters_t parameters;
    PGresult *result;
    apr_status_t rv;

    fill_parameters(&parameters, page, user->id);
    if (user->followees < MANY_FOLLOWEES) {
        rv = mt_exchange_run(connection, MT_STATEMENT_MESSAGES_HOME_FEW, parameters.values, &result);
    }
    else {
        rv = mt_exchange_run(connection, MT_STATEMENT_MESSAGES_HOME_MANY, parameters.values, &result);
        /* A page that is not full may lack older messages than those looked through: his followees hardly write. */
        if (rv == APR_SUCCESS && PQntuples(result) < page->limit) {
            PQclear(result);
            rv = mt_exchange_continue(connection, MT_STATEMENT_MESSAGES_HOME_FEW, parameters.values, &result);
        }
    }
    if (rv == APR_SUCCESS)
        take_messages(pool, result, messages);
    return rv;
}

apr_status_t mt_messages_add(mt_connection_t *connection, apr_int64_t author_id, const char *text)
{
    char author[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(author, author_id), text };

    return mt_exchange_write(connection, MT_STATEMENT_MESSAGES_ADD, values, APR_SUCCESS);
}

apr_status_t mt_messages_add_by_username(mt_connection_t *connection, const char *username, const char *text)
{
    const char *values[] = { username, text };

    return mt_exchange_write(connection, MT_STATEMENT_MESSAGES_ADD_BY_USERNAME, values, APR_ENOENT);
}
