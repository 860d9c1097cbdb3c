/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "api/answer.h"
#include "api/api.h"
#include "core/escape.h"
#include "core/json.h"
#include "http/cache.h"
#include "http/counters.h"
#include "store/follows.h"
#include "store/users.h"

/* Rows of a statement: at most 4 MB. */
#define PART 10000

/* Reads the names and appends them, until there are limit of them or the answer has its maximum size. It reads them in
 * parts, so that the memory holds the answer and one part, but not the whole result. */
static int append_names(mt_request_t *request, mt_connection_t *connection, apr_int64_t limit)
{
    mt_buffer_t *json = &request->response.body;
    apr_size_t size_max = (apr_size_t)request->config->api_size_max << 20;
    apr_int64_t place = 0, left = limit;
    mt_follows_names_t names;
    const char *comma = "";
    apr_pool_t *pool;

    apr_pool_create(&pool, mt_request_brief(request));
    do {
        apr_status_t rv =
            mt_follows_names(connection, pool, request->argument, left < PART ? left : PART, &place, &names);

        if (rv != APR_SUCCESS)
            return mt_api_answer_fail_user(request, connection, rv);
        for (int i = 0; i < names.count && json->len < size_max; i++) {
            mt_buffer_append_text(json, comma);
            mt_escape_json(json, names.items[i]);
            comma = ",";
        }
        left -= names.count;
        apr_pool_clear(pool);
    } while (names.count == PART && left > 0 && json->len < size_max);
    apr_pool_destroy(pool);
    return OK;
}

int mt_api_fllws_show(mt_request_t *request)
{
    mt_connection_t *connection;
    int status = mt_api_answer_begin_authorized(request, &connection);

    if (status != OK)
        return status;
    mt_buffer_append_text(mt_api_answer_json(request), "{\"follows\":[");
    status = append_names(request, connection, mt_api_answer_limit(request));
    if (status != OK) {
        request->response.body.len = 0;
        return status;
    }
    mt_buffer_append_text(&request->response.body, "]}\n");
    return OK;
}

typedef struct change_t {
    const char *follow, *unfollow; /* names; NULL: absent. If both are present, only follow counts */
} change_t;

static const char *read_change(apr_pool_t *pool, const mt_answer_body_t *body, change_t *change)
{
    mt_json_t *object;
    const char *problem = mt_json_parse(pool, body->data, body->len, &object);
    if (problem)
        return problem;
    mt_json_kind_t follow = mt_json_get(object, "follow", &change->follow);
    mt_json_kind_t unfollow = mt_json_get(object, "unfollow", &change->unfollow);
    /* Clients in typed languages send all keys, with null for those without a value. */
    int is_follow_absent = follow == MT_JSON_MISSING || follow == MT_JSON_NULL;
    if (follow == MT_JSON_STRING || (is_follow_absent && unfollow == MT_JSON_STRING))
        return NULL;
    return "The body must contain \"follow\" or \"unfollow\" with a string.";
}

/* An unknown user is reported before an invalid body. A valid body needs no separate look-up, because its statement
 * also finds the user. */
int mt_api_fllws_post(mt_request_t *request)
{
    mt_answer_body_t body;
    mt_connection_t *connection;
    mt_user_t *user;
    change_t change = { NULL, NULL };
    apr_status_t rv;

    mt_api_answer_read_authorized(request, &body);
    if (body.data)
        body.problem = read_change(mt_request_brief(request), &body, &change);
    int status = mt_api_answer_begin_authorized(request, &connection);
    if (status != OK)
        return status;

    if (!mt_api_answer_is_read(&body))
        rv = mt_users_find(connection, request->pool, request->argument, &user);
    else if (change.follow)
        rv = mt_follows_add_by_username(connection, request->pool, request->argument, change.follow);
    else
        rv = mt_follows_remove_by_username(connection, request->pool, request->argument, change.unfollow);
    if (mt_api_answer_is_read(&body) && rv != APR_ENOENT)
        mt_cache_forget_pair(request->pool, request->argument, change.follow ? change.follow : change.unfollow);
    if (rv != APR_SUCCESS)
        return mt_api_answer_fail_user(request, connection, rv);
    if (!mt_api_answer_is_read(&body))
        return mt_api_answer_fail_body(request, &body);
    mt_counters_increment(change.follow ? MT_METRIC_FOLLOWED : MT_METRIC_UNFOLLOWED, 0);
    return mt_api_answer_nothing(request);
}
