/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "api/answer.h"
#include "api/api.h"
#include "core/json.h"
#include "core/name.h"
#include "core/validate.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/hashing.h"
#include "http/username.h"
#include "store/simulator.h"
#include "store/users.h"

#include <apr_strings.h>

typedef struct registration_t {
    const char *username, *email, *password;
} registration_t;

/* Reads a text. null counts as an empty text, which gets the same error as on the site. Returns NULL, or the problem.
 */
static const char *get_text(apr_pool_t *pool, const mt_json_t *object, const char *key, const char **text)
{
    switch (mt_json_get(object, key, text)) {
    case MT_JSON_STRING:
        return NULL;
    case MT_JSON_NULL:
        *text = "";
        return NULL;
    default:
        return apr_psprintf(pool, "The body must contain \"%s\" with a string.", key);
    }
}

static const char *read_registration(apr_pool_t *pool, const char *data, apr_size_t len, registration_t *registration)
{
    mt_json_t *object;
    const char *problem = mt_json_parse(pool, data, len, &object);
    if (!problem)
        problem = get_text(pool, object, "username", &registration->username);
    if (!problem)
        problem = get_text(pool, object, "email", &registration->email);
    if (!problem)
        problem = get_text(pool, object, "pwd", &registration->password);
    if (!problem)
        problem = mt_validate_registration(mt_name_normalize(pool, registration->username), registration->email,
                                           registration->password, registration->password, mt_username_reserved());
    return problem;
}

/* Records latest. Returns OK if the body is valid and the name is free. Otherwise fails the request. */
static int check_registration(mt_request_t *request, const mt_answer_body_t *body, const registration_t *registration)
{
    mt_connection_t *connection;
    mt_user_t *user;

    int status = mt_api_answer_begin(request, &connection);
    if (status != OK)
        return status;
    apr_status_t rv;
    if (mt_api_answer_is_read(body))
        rv = mt_users_find(connection, request->pool, mt_name_decompose(request->pool, registration->username), &user);
    else
        rv = mt_simulator_flush(connection);
    if (rv == APR_EGENERAL)
        return mt_request_fail_store(request, connection);
    if (!mt_api_answer_is_read(body))
        return mt_api_answer_fail_body(request, body);
    return rv == APR_ENOENT ? OK : mt_request_fail(request, HTTP_BAD_REQUEST, mt_validate_username_taken);
}

/* Looks up the name before it hashes the password, and holds no connection during the hash. */
int mt_api_register_post(mt_request_t *request)
{
    mt_answer_body_t body;
    mt_connection_t *connection;
    registration_t registration = { NULL, NULL, NULL };
    const char *hash;

    mt_api_answer_read(request, &body);
    if (body.status == OK)
        body.problem = read_registration(mt_request_brief(request), body.data, body.len, &registration);
    int status = check_registration(request, &body, &registration);
    if (status != OK)
        return status;

    mt_database_close(request);
    status = mt_hashing_make(request, registration.password, &hash);
    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t rv =
        mt_users_add(connection, mt_name_normalize(request->pool, registration.username), registration.email, hash);
    if (rv == APR_EEXIST)
        return mt_request_fail(request, HTTP_BAD_REQUEST, mt_validate_username_taken);
    if (rv != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_counters_increment(MT_METRIC_USERS_REGISTERED, 0);
    return mt_api_answer_nothing(request);
}
