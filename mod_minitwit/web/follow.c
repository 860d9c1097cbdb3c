/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/url.h"
#include "http/cache.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/session.h"
#include "store/follows.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

typedef apr_status_t (*change_fn)(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                  const char *followee, mt_follow_t *follow);

/* Answers HEAD like GET, without the change. Sets *name to the stored name of the user in the path. */
static int check(mt_request_t *request, const char **name)
{
    mt_connection_t *connection;
    mt_user_t *visitor, *followee;
    int status = mt_web_page_require_visitor(request, &visitor);

    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t found = mt_users_find(connection, request->pool, request->argument, &followee);
    if (found == APR_ENOENT)
        return mt_web_page_fail_unknown_user(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    *name = followee->username;
    return OK;
}

/* Makes the visitor follow or unfollow the user in the path, and sets *name to the stored name of this user. */
static int change(mt_request_t *request, change_fn apply, mt_flash_t flash, mt_metric_id_t metric, const char **name)
{
    const unsigned char *session = mt_session_hash(request);
    mt_connection_t *connection;
    mt_follow_t follow;

    if (!session)
        return mt_web_page_fail_anonymous(request);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t changed = apply(connection, request->pool, session, request->argument, &follow);
    mt_web_page_note_visitor(request, changed, follow.follower);
    if (changed == APR_ENOENT)
        return follow.follower ? mt_web_page_fail_unknown_user(request) : mt_web_page_fail_anonymous(request);
    if (changed != APR_SUCCESS)
        return mt_web_page_fail_write(request, connection);
    mt_cache_forget_pair(request->pool, follow.follower->username, request->argument);
    mt_counters_increment(metric, 0);
    mt_session_flash(request, flash, follow.followee);
    *name = follow.followee;
    return OK;
}

static int answer(mt_request_t *request, change_fn apply, mt_flash_t flash, mt_metric_id_t metric)
{
    const char *name = NULL;
    int status = request->read_only ? check(request, &name) : change(request, apply, flash, metric, &name);

    if (status != OK)
        return status;
    return mt_request_redirect(request, apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, name), NULL));
}

int mt_web_follow_add(mt_request_t *request)
{
    return answer(request, mt_follows_add, MT_FLASH_FOLLOWING, MT_METRIC_FOLLOWED);
}

int mt_web_follow_remove(mt_request_t *request)
{
    return answer(request, mt_follows_remove, MT_FLASH_UNFOLLOWED, MT_METRIC_UNFOLLOWED);
}
