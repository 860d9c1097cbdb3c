/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/messages.h"

#include "store/connection_internal.h"
#include "store/exchange.h"
#include "store/sessions.h"

#include <string.h>

/* The parameters of the statement for a part of a timeline. */
typedef struct part_values_t {
    char limit[MT_VALUE_INTEGER_SIZE];
    char pub_date[MT_VALUE_INTEGER_SIZE];
    char id[MT_VALUE_INTEGER_SIZE];
    /* limit, pub_date, id, and for some statements the user's name and its NFC, the user's id, or the session */
    const char *values[5];
} part_values_t;

/* The statements for a timeline, which travel in one round trip, and their parameters. */
typedef struct question_t {
    mt_call_t calls[MT_PIPELINE_CALLS_MAX];
    int count;
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *session[1];
    const char *relation[3]; /* session, username, its NFC */
    const char *owner[2];    /* username, its NFC */
    part_values_t part;
} question_t;

static void ask(question_t *question, mt_statement_id_t id, const char *const *values)
{
    question->calls[question->count++] = (mt_call_t){ .id = id, .values = values };
}

/* Adds the statements for the visitor, the owner and their relation. session and username may be NULL. owner: the
 * statement for the owner. */
static void ask_people(question_t *question, apr_pool_t *pool, const unsigned char *session, const char *username,
                       mt_statement_id_t owner)
{
    question->count = 0;
    question->owner[0] = username;
    question->owner[1] = username ? mt_value_nfc(pool, username) : NULL;
    if (session) {
        question->session[0] = mt_value_format_hash(question->token_hash, session);
        ask(question, MT_STATEMENT_SESSIONS_FIND, question->session);
    }
    if (username)
        ask(question, owner, question->owner);
    if (session && username) {
        question->relation[0] = question->session[0];
        question->relation[1] = question->owner[0];
        question->relation[2] = question->owner[1];
        ask(question, MT_STATEMENT_FOLLOWS_EXISTS, question->relation);
    }
}

/* A statement for a timeline, and its second form for newer messages. */
typedef struct part_statement_t {
    mt_statement_id_t older;
    mt_statement_id_t newer;
} part_statement_t;

static const part_statement_t public_messages = { MT_STATEMENT_MESSAGES_PUBLIC, MT_STATEMENT_MESSAGES_PUBLIC_NEWER };
static const part_statement_t by_user = { MT_STATEMENT_MESSAGES_BY_USER, MT_STATEMENT_MESSAGES_BY_USER_NEWER };
static const part_statement_t home_session = { MT_STATEMENT_MESSAGES_HOME_SESSION,
                                               MT_STATEMENT_MESSAGES_HOME_SESSION_NEWER };
static const part_statement_t home_few = { MT_STATEMENT_MESSAGES_HOME_FEW, MT_STATEMENT_MESSAGES_HOME_FEW_NEWER };
static const part_statement_t mentioning = { MT_STATEMENT_MESSAGES_MENTIONING, MT_STATEMENT_MESSAGES_MENTIONING_NEWER };
static const part_statement_t tagged = { MT_STATEMENT_MESSAGES_TAGGED, MT_STATEMENT_MESSAGES_TAGGED_NEWER };
static const part_statement_t answers = { MT_STATEMENT_MESSAGES_ANSWERS, MT_STATEMENT_MESSAGES_ANSWERS_NEWER };
static const part_statement_t home_many = { MT_STATEMENT_MESSAGES_HOME_MANY, MT_STATEMENT_MESSAGES_HOME_MANY_NEWER };

static mt_statement_id_t choose(part_statement_t statement, const mt_message_range_t *range)
{
    return range->kind == MT_RANGE_NEWER ? statement.newer : statement.older;
}

/* Sets the first three parameters of a timeline's statement. */
static void set_range(part_values_t *part, const mt_message_range_t *range)
{
    int has_begin = range->kind != MT_RANGE_NEWEST;

    part->values[0] = mt_value_format_integer(part->limit, range->limit);
    part->values[1] = has_begin ? mt_value_format_integer(part->pub_date, range->begin.pub_date) : NULL;
    part->values[2] = mt_value_format_integer(part->id, has_begin ? range->begin.id : 0);
}

/* Adds the statement for the messages. whose is its fourth parameter, if it has one. The fifth is the NFC of the
 * owner's name. */
static void ask_messages(question_t *question, part_statement_t statement, const mt_message_range_t *range,
                         const char *whose)
{
    set_range(&question->part, range);
    question->part.values[3] = whose;
    question->part.values[4] = question->owner[1];
    if (range->with_site)
        ask(question, MT_STATEMENT_SITE_FIND, NULL);
    ask(question, choose(statement, range), question->part.values);
}

void mt_messages_take(apr_pool_t *pool, PGresult *result, const mt_message_range_t *range, mt_messages_t *messages)
{
    mt_value_keep(pool, result);
    messages->count = PQntuples(result);
    while (messages->count > 0 && PQgetisnull(result, messages->count - 1, 0))
        messages->count--;
    messages->items = apr_palloc(pool, (apr_size_t)messages->count * sizeof(*messages->items));
    for (int i = 0; i < messages->count; i++) {
        int row = range->kind == MT_RANGE_NEWER ? messages->count - 1 - i : i;

        messages->items[i] = (mt_message_t){
            .key = { .pub_date = mt_value_integer(result, row, 5), .id = mt_value_integer(result, row, 0) },
            .username = PQgetvalue(result, row, 1),
            .email = PQgetvalue(result, row, 2),
            .avatar = PQgetvalue(result, row, 3),
            .text = PQgetvalue(result, row, 4),
            .answers = PQgetisnull(result, row, 6) ? 0 : mt_value_integer(result, row, 6),
            .answered = PQgetisnull(result, row, 7) ? NULL : PQgetvalue(result, row, 7),
        };
    }
}

static void take_answer(apr_pool_t *pool, mt_call_t *call, const mt_message_range_t *range, mt_timeline_t *timeline)
{
    switch (call->id) {
    case MT_STATEMENT_SESSIONS_FIND:
        mt_sessions_take(pool, call->result, &timeline->visitor);
        break;
    case MT_STATEMENT_USERS_FIND:
        mt_users_take(pool, call->result, &timeline->owner);
        break;
    case MT_STATEMENT_USERS_PROFILE:
        mt_profiles_take(pool, call->result, &timeline->owner, &timeline->owner_profile);
        break;
    case MT_STATEMENT_MENTIONS_SEE:
        break;
    case MT_STATEMENT_FOLLOWS_EXISTS:
        timeline->followed = (int)mt_value_integer(call->result, 0, 0);
        break;
    case MT_STATEMENT_SITE_FIND:
        timeline->site = mt_identity_take(pool, call->result);
        break;
    default:
        mt_messages_take(pool, call->result, range, &timeline->messages);
        call->result = NULL;
    }
}

static apr_status_t get_answers(mt_connection_t *connection, apr_pool_t *pool, question_t *question,
                                const mt_message_range_t *range, mt_timeline_t *timeline)
{
    apr_status_t rv = mt_exchange_batch(connection, question->calls, question->count);

    *timeline = (mt_timeline_t){ .visitor = NULL };
    for (int i = 0; rv == APR_SUCCESS && i < question->count; i++)
        take_answer(pool, &question->calls[i], range, timeline);
    mt_pipeline_clear(question->calls, question->count);
    if (rv == APR_SUCCESS && range->with_site && !timeline->site) {
        /* The code of a missing object, so that the advice is to run minitwitctl doctor. */
        mt_connection_note(connection, mt_statement_label(MT_STATEMENT_SITE_FIND), "42704",
                           "the table site has no row");
        rv = APR_EGENERAL;
    }
    return rv;
}

apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const mt_message_range_t *range, mt_timeline_t *timeline)
{
    question_t question;

    ask_people(&question, pool, session, NULL, MT_STATEMENT_USERS_FIND);
    ask_messages(&question, public_messages, range, NULL);
    return get_answers(connection, pool, &question, range, timeline);
}

static apr_status_t read_user(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                              const char *username, mt_statement_id_t owner, const mt_message_range_t *range,
                              mt_timeline_t *timeline)
{
    question_t question;
    apr_status_t rv;

    ask_people(&question, pool, session, username, owner);
    ask_messages(&question, by_user, range, username);
    rv = get_answers(connection, pool, &question, range, timeline);
    return rv == APR_SUCCESS && !timeline->owner ? APR_ENOENT : rv;
}

apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_message_range_t *range, mt_timeline_t *timeline)
{
    return read_user(connection, pool, session, username, MT_STATEMENT_USERS_FIND, range, timeline);
}

apr_status_t mt_messages_profile(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_message_range_t *range, mt_timeline_t *timeline)
{
    return read_user(connection, pool, session, username, MT_STATEMENT_USERS_PROFILE, range, timeline);
}

/* Reads the messages in a second round trip, by the user's id. */
static apr_status_t read_home(mt_connection_t *connection, apr_pool_t *pool, const mt_user_t *user,
                              const mt_message_range_t *range, mt_messages_t *messages)
{
    int is_many = user->followees > MT_STATEMENT_FEW_FOLLOWEES;
    char id[MT_VALUE_INTEGER_SIZE];
    part_values_t part;
    PGresult *result;
    apr_status_t rv;

    set_range(&part, range);
    part.values[3] = mt_value_format_integer(id, user->id);
    rv = mt_exchange_continue(connection, choose(is_many ? home_many : home_few, range), part.values, &result);
    /* If the page is not full, there may be further messages, because the statement stops early if the followees write
     * little. */
    if (is_many && rv == APR_SUCCESS && PQntuples(result) < range->limit) {
        PQclear(result);
        rv = mt_exchange_continue(connection, choose(home_few, range), part.values, &result);
    }
    if (rv == APR_SUCCESS)
        mt_messages_take(pool, result, range, messages);
    return rv;
}

apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                              const mt_message_range_t *range, mt_timeline_t *timeline)
{
    question_t question;
    apr_status_t rv;

    if (!session) {
        *timeline = (mt_timeline_t){ .visitor = NULL };
        return APR_ENOENT;
    }
    ask_people(&question, pool, session, NULL, MT_STATEMENT_USERS_FIND);
    ask_messages(&question, home_session, range, question.session[0]);
    rv = get_answers(connection, pool, &question, range, timeline);
    if (rv != APR_SUCCESS)
        return rv;
    if (!timeline->visitor)
        return APR_ENOENT;
    /* Each statement has its own snapshot. Between the two, the session may have ended, or the visitor may have started
     * to follow many users. Either makes the second statement return nothing. */
    if (timeline->visitor->followees > MT_STATEMENT_FEW_FOLLOWEES || timeline->messages.count == 0)
        rv = read_home(connection, pool, timeline->visitor, range, &timeline->messages);
    return rv;
}

/* PostgreSQL reports these settings at login, and each change of them. */
static int is_read_only(const mt_connection_t *connection)
{
    static const char *const names[] = { "default_transaction_read_only", "in_hot_standby" };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = PQparameterStatus(connection->link.pg, names[i]);
        if (value && strcmp(value, "on") == 0)
            return 1;
    }
    return 0;
}

apr_status_t mt_messages_mentioning(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                    int notes_seen, const mt_message_range_t *range, mt_timeline_t *timeline)
{
    question_t question;

    *timeline = (mt_timeline_t){ .visitor = NULL };
    if (!session)
        return APR_ENOENT;
    ask_people(&question, pool, session, NULL, MT_STATEMENT_USERS_FIND);
    if (notes_seen && !is_read_only(connection)) {
        /* After the statement that counts the new mentions. */
        ask(&question, MT_STATEMENT_MENTIONS_SEE, question.session);
    }
    ask_messages(&question, mentioning, range, question.session[0]);
    apr_status_t rv = get_answers(connection, pool, &question, range, timeline);
    return rv == APR_SUCCESS && !timeline->visitor ? APR_ENOENT : rv;
}

apr_status_t mt_messages_tagged(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const char *tag, const mt_message_range_t *range, mt_timeline_t *timeline)
{
    question_t question;

    ask_people(&question, pool, session, NULL, MT_STATEMENT_USERS_FIND);
    ask_messages(&question, tagged, range, tag);
    return get_answers(connection, pool, &question, range, timeline);
}

static void take_thread(apr_pool_t *pool, mt_call_t *call, const mt_message_range_t *range, mt_thread_t *thread)
{
    static const mt_message_range_t single = { .kind = MT_RANGE_NEWEST };

    if (call->id == MT_STATEMENT_SESSIONS_FIND) {
        mt_sessions_take(pool, call->result, &thread->visitor);
        return;
    }
    if (call->id == MT_STATEMENT_MESSAGES_FIND)
        mt_messages_take(pool, call->result, &single, &thread->message);
    else if (call->id == MT_STATEMENT_MESSAGES_ANSWERED)
        mt_messages_take(pool, call->result, &single, &thread->answered);
    else
        mt_messages_take(pool, call->result, range, &thread->answers);
    call->result = NULL;
}

apr_status_t mt_messages_thread(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const char *username, apr_int64_t id, const mt_message_range_t *range,
                                mt_thread_t *thread)
{
    char text[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(text, id), username, mt_value_nfc(pool, username) };
    question_t question;

    ask_people(&question, pool, session, NULL, MT_STATEMENT_USERS_FIND);
    ask(&question, MT_STATEMENT_MESSAGES_ANSWERED, values);
    ask_messages(&question, answers, range, text);
    ask(&question, MT_STATEMENT_MESSAGES_FIND, values);
    *thread = (mt_thread_t){ .visitor = NULL };
    apr_status_t rv = mt_exchange_batch(connection, question.calls, question.count);
    for (int i = 0; rv == APR_SUCCESS && i < question.count; i++)
        take_thread(pool, &question.calls[i], range, thread);
    mt_pipeline_clear(question.calls, question.count);
    return rv == APR_SUCCESS && thread->message.count == 0 ? APR_ENOENT : rv;
}

apr_status_t mt_messages_key(mt_connection_t *connection, apr_int64_t id, apr_int64_t *pub_date)
{
    char text[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(text, id) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_MESSAGES_KEY, values, &result);

    if (rv == APR_SUCCESS && PQntuples(result) == 0)
        rv = APR_ENOENT;
    if (rv == APR_SUCCESS)
        *pub_date = mt_value_integer(result, 0, 0);
    PQclear(result);
    return rv;
}
