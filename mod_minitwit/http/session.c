/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/session.h"

#include "core/token.h"
#include "http/database.h"
#include "http/refusal.h"
#include "store/sessions.h"

#include <apr_strings.h>

#define SESSION        "session"
#define FLASH          "flash"
#define FLASH_LIFETIME 60 /* seconds; long enough for the redirect that follows */

int mt_session_is_claimed(mt_request_t *request)
{
    return mt_request_cookie(request, SESSION) != NULL;
}

int mt_session_has_cookies(mt_request_t *request)
{
    return apr_table_get(request->r->headers_in, "Cookie") &&
           (mt_request_cookie(request, SESSION) || mt_request_cookie(request, FLASH));
}

const unsigned char *mt_session_hash(mt_request_t *request)
{
    const char *token = mt_request_cookie(request, SESSION);
    unsigned char *hash;

    if (request->session)
        return request->session;
    if (!token)
        return NULL;
    hash = apr_palloc(request->pool, MT_TOKEN_HASH_SIZE);
    return mt_token_hash(token, hash) ? hash : NULL;
}

int mt_session_user(mt_request_t *request, mt_user_t **user)
{
    const unsigned char *hash = mt_session_hash(request);
    mt_connection_t *connection;

    *user = NULL;
    if (!hash)
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_sessions_find(connection, request->pool, hash, user) == APR_EGENERAL)
        return mt_request_fail_store(request, connection);
    return OK;
}

int mt_session_begin(mt_request_t *request, const mt_user_t *user, int *is_begun)
{
    char token[MT_TOKEN_SIZE];
    unsigned char hash[MT_TOKEN_HASH_SIZE];
    mt_connection_t *connection;
    apr_int64_t lifetime = apr_time_sec(request->config->session_lifetime);

    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    mt_token_make(token);
    mt_token_hash(token, hash);
    apr_status_t added = mt_sessions_add(connection, hash, user, lifetime);
    if (added == APR_EGENERAL)
        return mt_request_fail_store(request, connection);
    *is_begun = added == APR_SUCCESS;
    if (*is_begun) {
        mt_request_set_cookie(request, SESSION, token, (long)lifetime);
        request->session = apr_pmemdup(request->pool, hash, sizeof(hash));
        mt_refusal_log_cookie(request);
    }
    return OK;
}

int mt_session_end(mt_request_t *request)
{
    const unsigned char *hash = mt_session_hash(request);
    mt_connection_t *connection;

    if (hash) {
        int status = mt_database_open(request, &connection);
        if (status != OK)
            return status;
        if (mt_sessions_remove(connection, hash) != APR_SUCCESS)
            return mt_request_fail_store(request, connection);
    }
    mt_request_set_cookie(request, SESSION, "", 0);
    return OK;
}

void mt_session_flash(mt_request_t *request, mt_flash_t flash, const char *username)
{
    mt_request_set_cookie(request, FLASH, mt_flash_format(request->pool, flash, username), FLASH_LIFETIME);
}

int mt_session_keeps_flash(mt_request_t *request)
{
    return request->is_speculative && mt_request_cookie(request, FLASH) != NULL;
}

/* Returns the flash cookie that the page is to show, or NULL. */
static const char *get_flash(mt_request_t *request)
{
    return request->is_speculative ? NULL : mt_request_cookie(request, FLASH);
}

const char *mt_session_flash_username(mt_request_t *request)
{
    return mt_flash_registered(request->pool, get_flash(request));
}

const char *mt_session_take_flash(mt_request_t *request)
{
    const char *value = get_flash(request);
    if (value && !request->read_only)
        mt_request_set_cookie(request, FLASH, "", 0);
    return mt_flash_parse(request->pool, value);
}
