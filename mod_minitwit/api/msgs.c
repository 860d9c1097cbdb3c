/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/messages.h"

#include "api/answer.h"
#include "api/api.h"
#include "core/escape.h"
#include "core/json.h"
#include "core/timestamp.h"
#include "core/validate.h"
#include "http/cache.h"
#include "http/counters.h"
#include "store/posts.h"

#include <apr_strings.h>

/* Rows of a statement: 4 MB of the longest messages. */
#define PART 1000

static void append_date(mt_buffer_t *json, apr_int64_t seconds, int is_text)
{
    char date[MT_TIMESTAMP_SIZE];

    if (is_text) {
        mt_escape_json(json, mt_timestamp_format_seconds(date, seconds));
        return;
    }
    apr_snprintf(date, sizeof(date), "%" APR_INT64_T_FMT, seconds);
    mt_buffer_append_text(json, date);
}

static void append_message(mt_buffer_t *json, const mt_message_t *message, int dates_are_text)
{
    mt_buffer_append_text(json, "{\"content\":");
    mt_escape_json(json, message->text);
    mt_buffer_append_text(json, ",\"pub_date\":");
    append_date(json, mt_timestamp_floor(message->key.pub_date), dates_are_text);
    mt_buffer_append_text(json, ",\"user\":");
    mt_escape_json(json, message->username);
    mt_buffer_append_text(json, "}");
}

/* Answers from the cache: username's messages, or all messages (NULL). Returns 1 if the response is complete. */
static int find_messages(mt_request_t *request, const char *username, apr_int64_t limit)
{
    if (!mt_api_answer_is_authorized(request) || !mt_cache_find(request, username, &limit, sizeof(limit)))
        return 0;
    mt_api_answer_json(request);
    /* The API has no ETags. */
    request->response.etag = NULL;
    return 1;
}

/* Reads a part of the timeline: username's messages, or all messages (NULL). */
static apr_status_t read_part(mt_connection_t *connection, apr_pool_t *pool, const char *username,
                              const mt_message_range_t *part, mt_messages_t *messages)
{
    mt_timeline_t timeline = { .visitor = NULL };
    apr_status_t rv = username ? mt_messages_by_user(connection, pool, NULL, username, part, &timeline)
                               : mt_messages_public(connection, pool, NULL, part, &timeline);

    *messages = timeline.messages;
    return rv;
}

/* Reads the messages and appends them, until there are limit of them or the answer has its maximum size. It reads them
 * in parts, so that it holds neither all of the result nor more than the answer. */
static int append_messages(mt_request_t *request, mt_connection_t *connection, const char *username, apr_int64_t limit)
{
    mt_buffer_t *json = &request->response.body;
    apr_size_t size_max = (apr_size_t)request->config->api_size_max << 20;
    mt_message_range_t part = { .kind = MT_RANGE_NEWEST };
    mt_messages_t messages;
    apr_pool_t *pool;

    apr_pool_create(&pool, mt_request_brief(request));
    do {
        part.limit = limit < PART ? limit : PART;
        apr_status_t rv = read_part(connection, pool, username, &part, &messages);

        if (rv != APR_SUCCESS)
            return mt_api_answer_fail_user(request, connection, rv);
        for (int i = 0; i < messages.count && json->len < size_max; i++) {
            mt_buffer_append_text(json, part.kind == MT_RANGE_OLDER ? "," : "");
            append_message(json, &messages.items[i], request->config->api_dates_are_text);
            part = (mt_message_range_t){ .kind = MT_RANGE_OLDER, .begin = messages.items[i].key };
        }
        limit -= messages.count;
        apr_pool_clear(pool);
    } while (messages.count == PART && limit > 0 && json->len < size_max);
    apr_pool_destroy(pool);
    return OK;
}

/* Answers with username's messages, or with all messages (NULL). */
static int show(mt_request_t *request, const char *username)
{
    mt_connection_t *connection;
    apr_int64_t limit = mt_api_answer_limit(request);

    if (find_messages(request, username, limit))
        return mt_api_answer_record(request);
    int status = mt_api_answer_begin_authorized(request, &connection);
    if (status != OK)
        return status;
    mt_buffer_append_text(mt_api_answer_json(request), "[");
    status = append_messages(request, connection, username, limit);
    if (status != OK) {
        request->response.body.len = 0;
        return status;
    }
    mt_buffer_append_text(&request->response.body, "]\n");
    mt_cache_keep(request);
    return OK;
}

int mt_api_msgs_show(mt_request_t *request)
{
    return show(request, NULL);
}

int mt_api_msgs_show_user(mt_request_t *request)
{
    return show(request, request->argument);
}

static const char *read_text(mt_request_t *request, const mt_answer_body_t *body, const char **text)
{
    mt_json_t *object;
    const char *problem = mt_json_parse(mt_request_brief(request), body->data, body->len, &object);
    if (problem)
        return problem;
    if (mt_json_get(object, "content", text) != MT_JSON_STRING)
        return "The body must contain \"content\" with a string.";
    return mt_validate_message(request->pool, *text, (apr_size_t)request->config->message_max);
}

/* An unknown user is reported before an invalid body. A valid body needs no separate look-up, because its statement
 * also finds the user. */
int mt_api_msgs_post(mt_request_t *request)
{
    mt_answer_body_t body;
    mt_connection_t *connection;
    mt_user_t *user;
    const char *text = NULL;
    apr_status_t rv;

    mt_api_answer_read_authorized(request, &body);
    if (body.data)
        body.problem = read_text(request, &body, &text);
    int status = mt_api_answer_begin_authorized(request, &connection);
    if (status != OK)
        return status;

    if (mt_api_answer_is_read(&body)) {
        rv = mt_posts_add_by_username(connection, request->pool, request->argument, text);
        if (rv != APR_ENOENT)
            mt_cache_forget(request->pool, request->argument);
    }
    else
        rv = mt_users_find(connection, request->pool, request->argument, &user);
    if (rv != APR_SUCCESS)
        return mt_api_answer_fail_user(request, connection, rv);
    if (!mt_api_answer_is_read(&body))
        return mt_api_answer_fail_body(request, &body);
    mt_counters_increment(MT_METRIC_MESSAGES_POSTED, 0);
    return mt_api_answer_nothing(request);
}
