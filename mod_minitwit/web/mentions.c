/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/database.h"
#include "http/session.h"
#include "store/messages.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

#define PATH "/-/mentions"

/* Marks the first count messages of the list as new. A message of the future, such as an imported one, becomes new only
 * when its date comes. */
static void mark_new(apr_pool_t *pool, const mt_messages_t *found, mt_list_t *messages, int count)
{
    mt_message_view_t *views = apr_pmemdup(pool, messages->items, messages->count * messages->size);

    for (apr_size_t i = 0; count > 0 && i < messages->count; i++) {
        if (found->items[i].key.pub_date > apr_time_now())
            continue;
        views[i].is_new = 1;
        count--;
    }
    messages->items = views;
}

/* 1 if the user sees the page. A browser may load it before the user opens it. With Sec-Fetch-Dest, it states whether
 * it loads a page of its own, and not a part of a page, such as an image of another site. */
static int is_opened(const mt_request_t *request)
{
    const char *dest = apr_table_get(request->r->headers_in, "Sec-Fetch-Dest");

    return !request->read_only && !request->is_speculative && (!dest || strcasecmp(dest, "document") == 0);
}

int mt_web_mentions_show(mt_request_t *request)
{
    mt_timeline_view_t view = {
        .layout = { .title = "Mentions", .description = "The messages that mention you or reply to you." },
        .list = { .empty = "No message mentions you yet." },
    };
    const unsigned char *session = mt_session_hash(request);
    mt_message_range_t range;
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (!session)
        return mt_web_page_fail_anonymous(request);
    if (!mt_web_messages_range(request, &range))
        return mt_request_redirect(request, PATH);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    /* Only the first page has the newest mentions. */
    int notes_seen = range.kind == MT_RANGE_NEWEST && is_opened(request);
    apr_status_t found =
        mt_messages_mentioning(connection, mt_request_brief(request), session, notes_seen, &range, &timeline);
    mt_web_page_note_visitor(request, found, timeline.visitor);
    if (found == APR_ENOENT)
        return mt_web_page_fail_anonymous(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    if (!mt_web_messages_show(request, PATH, &range, &timeline.messages, &view.list))
        return mt_request_redirect(request, PATH);
    /* The list and the number leave out the same messages, and both begin with the newest one. */
    if (range.kind == MT_RANGE_NEWEST)
        mark_new(request->pool, &timeline.messages, &view.list.messages, timeline.visitor->new_mentions);
    if (notes_seen)
        timeline.visitor->new_mentions = 0;
    return mt_web_page_render(request, MT_SITE_TIMELINE, timeline.visitor, &view.layout);
}
