/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/avatar.h"
#include "core/integer.h"
#include "core/timestamp.h"
#include "http/database.h"
#include "store/follows.h"
#include "store/messages.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

#define MESSAGES_PER_PAGE 30

/* The part of the timeline that the visitor asked for, and one message more, which tells whether there is another page. */
static mt_page_t get_page(const mt_request_t *request)
{
    mt_page_t page = { .before = 0, .limit = MESSAGES_PER_PAGE + 1 };

    if (!mt_integer_parse(mt_form_get(request->query, "before"), &page.before) || page.before < 0)
        page.before = 0;
    return page;
}

static const char *get_avatar(const mt_request_t *request, const mt_message_t *message)
{
    if (request->config->gravatar)
        return mt_avatar_gravatar(request->pool, message->email);
    return apr_pstrcat(request->pool, request->mount, "/static/avatar/", message->avatar, ".svg", NULL);
}

static mt_list_t make_list(const mt_request_t *request, const mt_message_t *messages, int count)
{
    mt_message_view_t *views = apr_palloc(request->pool, (apr_size_t)count * sizeof(*views));

    for (int i = 0; i < count; i++) {
        views[i] = (mt_message_view_t){
            .username = messages[i].username,
            .profile = mt_page_profile(request, messages[i].username),
            .avatar = get_avatar(request, &messages[i]),
            .text = messages[i].text,
            .date = mt_timestamp_format(apr_palloc(request->pool, MT_TIMESTAMP_SIZE), messages[i].pub_date),
        };
    }
    return (mt_list_t){ .items = views, .count = (apr_size_t)count, .size = sizeof(*views) };
}

/* url: of the timeline's page one. */
static int render(mt_request_t *request, const mt_user_t *visitor, const char *url, const mt_page_t *page,
                  const mt_messages_t *found, mt_timeline_view_t *view)
{
    int has_more = found->count > MESSAGES_PER_PAGE;
    int count = has_more ? MESSAGES_PER_PAGE : found->count;

    view->messages = make_list(request, found->items, count);
    if (has_more)
        view->older = apr_psprintf(request->pool, "%s?before=%" APR_INT64_T_FMT, url, found->items[count - 1].id);
    if (page->before > 0)
        view->newest = url;
    view->paged = view->older || view->newest;
    return mt_page_render(request, MT_SITE_TIMELINE, visitor, &view->layout);
}

int mt_timeline_home(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "My Timeline" }, .posting = 1 };
    mt_page_t page = get_page(request);
    mt_connection_t *connection;
    mt_messages_t messages;
    mt_user_t *visitor;
    int status = mt_page_visitor(request, &visitor);

    if (status != OK)
        return status;
    if (!visitor)
        return mt_request_redirect(request, "/public");
    status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_settle(connection, &page) != APR_SUCCESS ||
        mt_messages_home(connection, request->pool, visitor, &page, &messages) != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return render(request, visitor, apr_pstrcat(request->pool, request->mount, "/", NULL), &page, &messages, &view);
}

int mt_timeline_public(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "Public Timeline" } };
    mt_page_t page = get_page(request);
    mt_connection_t *connection;
    mt_messages_t messages;
    mt_user_t *visitor;
    int status;

    if (mt_page_find(request, NULL, page.before))
        return OK;
    status = mt_page_visitor(request, &visitor);
    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_settle(connection, &page) != APR_SUCCESS ||
        mt_messages_public(connection, request->pool, &page, &messages) != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return render(request, visitor, apr_pstrcat(request->pool, request->mount, "/public", NULL), &page, &messages,
                  &view);
}

/* What the visitor is to the owner of the timeline. */
static apr_status_t set_relation(mt_connection_t *connection, const mt_user_t *visitor, const mt_user_t *owner,
                                 mt_timeline_view_t *view)
{
    apr_status_t status = APR_SUCCESS;

    if (!visitor)
        return APR_SUCCESS;
    if (visitor->id == owner->id) {
        view->own = 1;
        return APR_SUCCESS;
    }
    status = mt_follows_exists(connection, visitor->id, owner->id, &view->followed);
    view->unfollowed = !view->followed;
    return status;
}

int mt_timeline_user(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "Timeline" } };
    mt_page_t page = get_page(request);
    mt_connection_t *connection;
    mt_messages_t messages;
    mt_user_t *visitor;
    mt_user_t *owner;
    apr_status_t found;
    int status;

    if (mt_page_find(request, request->argument, page.before))
        return OK;
    status = mt_page_visitor(request, &visitor);
    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    found = mt_users_find(connection, request->pool, request->argument, &owner);
    if (found == APR_ENOENT)
        return mt_page_fail_unknown_user(request);
    if (found == APR_SUCCESS)
        found = set_relation(connection, visitor, owner, &view);
    if (found == APR_SUCCESS)
        found = mt_messages_settle(connection, &page);
    if (found == APR_SUCCESS)
        found = mt_messages_by_user(connection, request->pool, owner->id, &page, &messages);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);

    view.layout.owner = owner->username;
    view.profile = mt_page_profile(request, owner->username);
    return render(request, visitor, view.profile, &page, &messages, &view);
}
