/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity.h"
#include "core/name.h"
#include "core/url.h"
#include "http/database.h"
#include "http/session.h"
#include "store/messages.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>
#include <string.h>

/* tag: folded. shown: with # and isolated. */
static int show(mt_request_t *request, const char *tag, const char *shown)
{
    const char *path = apr_pstrcat(request->pool, "/-/tag/", mt_url_encode(request->pool, tag), NULL);
    mt_timeline_view_t view = { .layout = { .title = shown } };
    mt_message_range_t range;
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (!mt_web_messages_range(request, &range))
        return mt_request_redirect(request, path);
    if (mt_web_page_find(request, NULL, &range, sizeof(range)))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_tagged(connection, mt_request_brief(request), mt_session_hash(request), tag, &range, &timeline) !=
        APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_web_page_note_visitor(request, APR_SUCCESS, timeline.visitor);
    if (range.kind == MT_RANGE_NEWEST && timeline.messages.count == 0)
        return mt_web_page_fail_unknown_tag(request, shown);
    if (!mt_web_messages_show(request, path, &range, &timeline.messages, &view.list))
        return mt_request_redirect(request, path);
    view.layout.description = apr_pstrcat(request->pool, "The newest messages with the tag ", shown, ".", NULL);
    view.layout.feed = apr_pstrcat(request->pool, request->mount, path, "/feed", NULL);
    if (!view.list.newest)
        view.layout.canonical = mt_web_page_absolute(request, path);
    return mt_web_page_render(request, MT_SITE_TIMELINE, timeline.visitor, &view.layout);
}

int mt_web_tag_show(mt_request_t *request)
{
    const char *tag = mt_entity_fold_tag(request->pool, request->argument, strlen(request->argument));

    if (strcmp(tag, request->argument) != 0)
        return mt_request_redirect(request,
                                   apr_pstrcat(request->pool, "/-/tag/", mt_url_encode(request->pool, tag), NULL));
    return show(request, tag, mt_name_isolate(request->pool, apr_pstrcat(request->pool, "#", tag, NULL)));
}
