/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/avatar.h"
#include "core/integer.h"
#include "core/name.h"
#include "core/timestamp.h"
#include "http/cache.h"
#include "http/database.h"
#include "http/session.h"
#include "store/messages.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

#define MESSAGES_PER_PAGE 30

/* Returns the requested part of the timeline. It has one message more than a page, which shows whether there is another
 * page. */
static mt_message_range_t get_page(const mt_request_t *request)
{
    mt_message_range_t page = { .before = 0, .limit = MESSAGES_PER_PAGE + 1 };

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

/* Estimates whether a text may have more lines on a phone than the style sheet shows. If so, the keyboard must be able
 * to scroll it, because not every browser lets the keyboard reach a scrolling element by itself. */
static int is_long(const char *text)
{
    const int line_max = 12;   /* max-height of a text in style.css */
    const int column_max = 32; /* average letters beside an avatar on a screen of 360 px */
    const int tab = 4;         /* tab-size in style.css */
    int lines = 1, column = 0;

    for (const char *c = text; *c && lines <= line_max; c++) {
        unsigned char byte = (unsigned char)*c;
        if ((byte & 0xC0) == 0x80)
            continue;
        /* Most characters of three bytes and more are twice as wide as a letter. */
        int width = byte == '\n' ? 0 : byte == '\t' ? tab : byte >= 0xE0 ? 2 : 1;
        column += width;
        if (byte == '\n' || column > column_max) {
            lines++;
            column = width;
        }
    }
    return lines > line_max;
}

static mt_list_t make_list(const mt_request_t *request, const mt_message_t *messages, int count)
{
    mt_message_view_t *views = apr_palloc(request->pool, (apr_size_t)count * sizeof(*views));

    for (int i = 0; i < count; i++) {
        views[i] = (mt_message_view_t){
            .username = mt_name_isolate(request->pool, messages[i].username),
            .profile = mt_web_page_profile(request, messages[i].username),
            .avatar = get_avatar(request, &messages[i]),
            .text = messages[i].text,
            .is_long = is_long(messages[i].text),
            .date = mt_timestamp_format(apr_palloc(request->pool, MT_TIMESTAMP_SIZE), messages[i].pub_date),
        };
    }
    return (mt_list_t){ .items = views, .count = (apr_size_t)count, .size = sizeof(*views) };
}

/* url: of the first page of the timeline. */
static int render(mt_request_t *request, const char *url, const mt_message_range_t *page, const mt_timeline_t *timeline,
                  mt_timeline_view_t *view)
{
    const mt_messages_t *found = &timeline->messages;
    int has_more = found->count > MESSAGES_PER_PAGE;
    int count = has_more ? MESSAGES_PER_PAGE : found->count;

    view->messages = make_list(request, found->items, count);
    if (has_more)
        view->older = apr_psprintf(request->pool, "%s?before=%" APR_INT64_T_FMT, url, found->items[count - 1].id);
    if (page->before > 0)
        view->newest = url;
    view->paged = view->older || view->newest;
    /* The id in the query is not that of a message, so this is page one. Do not cache it under this id: a client could
     * invent ids without end, and evict all other answers. */
    if (page->before != get_page(request).before)
        mt_cache_release(request);
    return mt_web_page_render(request, MT_SITE_TIMELINE, timeline->visitor, &view->layout);
}

int mt_web_timeline_home(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "My Timeline" }, .posting = 1 };
    mt_message_range_t page = get_page(request);
    const unsigned char *session = mt_session_hash(request);
    mt_connection_t *connection;
    mt_timeline_t timeline;
    apr_status_t found;

    if (!session)
        return mt_request_redirect(request, "/public");
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    found = mt_messages_home(connection, mt_request_brief(request), session, &page, &timeline);
    mt_web_page_note_visitor(request, found, timeline.visitor);
    if (found == APR_ENOENT)
        return mt_request_redirect(request, "/public");
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return render(request, apr_pstrcat(request->pool, request->mount, "/", NULL), &page, &timeline, &view);
}

int mt_web_timeline_public(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "Public Timeline" } };
    mt_message_range_t page = get_page(request);
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (mt_web_page_find(request, NULL, page.before))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_public(connection, mt_request_brief(request), mt_session_hash(request), &page, &timeline) !=
        APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_web_page_note_visitor(request, APR_SUCCESS, timeline.visitor);
    return render(request, apr_pstrcat(request->pool, request->mount, "/public", NULL), &page, &timeline, &view);
}

/* Sets whether the visitor is, follows, or does not follow the owner of the timeline. */
static void set_relation(const mt_timeline_t *timeline, mt_timeline_view_t *view)
{
    if (!timeline->visitor)
        return;
    view->own = timeline->visitor->id == timeline->owner->id;
    view->followed = timeline->followed;
    view->unfollowed = !view->own && !view->followed;
}

int mt_web_timeline_user(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "Timeline" } };
    mt_message_range_t page = get_page(request);
    mt_connection_t *connection;
    mt_timeline_t timeline;
    apr_status_t found;

    if (mt_web_page_find(request, request->argument, page.before))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    found = mt_messages_by_user(connection, mt_request_brief(request), mt_session_hash(request), request->argument,
                                &page, &timeline);
    mt_web_page_note_visitor(request, found, timeline.visitor);
    if (found == APR_ENOENT)
        return mt_web_page_fail_unknown_user(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);

    set_relation(&timeline, &view);
    view.layout.owner = mt_name_isolate(request->pool, timeline.owner->username);
    view.profile = mt_web_page_profile(request, timeline.owner->username);
    return render(request, view.profile, &page, &timeline, &view);
}
