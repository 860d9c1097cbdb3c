/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/name.h"
#include "core/url.h"
#include "http/database.h"
#include "http/session.h"
#include "store/messages.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/profile.h"
#include "web/web.h"

#include <apr_strings.h>

/* path: of the timeline, below the mount. */
static int render(mt_request_t *request, const char *path, const mt_message_range_t *range,
                  const mt_timeline_t *timeline, mt_timeline_view_t *view)
{
    if (!mt_web_messages_show(request, path, range, &timeline->messages, &view->list))
        return mt_request_redirect(request, path);
    /* The contents of other pages change with each message. Page one of a home timeline is its user's own. */
    if (!view->list.newest && !view->posting)
        view->layout.canonical = mt_web_page_absolute(request, path);
    return mt_web_page_render(request, MT_SITE_TIMELINE, timeline->visitor, &view->layout);
}

int mt_web_timeline_home(mt_request_t *request)
{
    mt_timeline_view_t view = {
        .layout = { .title = "My Timeline",
                    .description = "Your newest messages, and those of the users that you follow." },
        .posting = 1,
    };
    mt_message_range_t range;
    const unsigned char *session = mt_session_hash(request);
    mt_connection_t *connection;
    mt_timeline_t timeline;
    apr_status_t found;

    if (!session)
        return mt_request_redirect(request, "/public");
    if (!mt_web_messages_range(request, &range))
        return mt_web_messages_redirect(request, "/");
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    found = mt_messages_home(connection, mt_request_brief(request), session, &range, &timeline);
    mt_web_page_note_visitor(request, found, timeline.visitor);
    if (found == APR_ENOENT)
        return mt_request_redirect(request, "/public");
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return render(request, "/", &range, &timeline, &view);
}

int mt_web_timeline_public(mt_request_t *request)
{
    mt_timeline_view_t view = {
        .layout = { .title = "Public Timeline", .description = "The newest messages of all users of this MiniTwit." },
    };
    mt_message_range_t range;
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (!mt_web_messages_range(request, &range))
        return mt_web_messages_redirect(request, "/public");
    if (mt_web_page_find(request, NULL, &range, sizeof(range)))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_public(connection, mt_request_brief(request), mt_session_hash(request), &range, &timeline) !=
        APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_web_page_note_visitor(request, APR_SUCCESS, timeline.visitor);
    view.layout.feed = apr_pstrcat(request->pool, request->mount, "/-/feed", NULL);
    return render(request, "/public", &range, &timeline, &view);
}

int mt_web_timeline_user(mt_request_t *request)
{
    mt_timeline_view_t view = { .layout = { .title = "Timeline", .og_type = "profile" } };
    mt_message_range_t range;
    mt_connection_t *connection;
    mt_timeline_t timeline;
    apr_status_t found;
    const char *path;

    path = apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, request->argument), NULL);
    if (!mt_web_messages_range(request, &range))
        return mt_web_messages_redirect(request, path);
    if (mt_web_page_find(request, request->argument, &range, sizeof(range)))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    found = mt_messages_profile(connection, mt_request_brief(request), mt_session_hash(request), request->argument,
                                &range, &timeline);
    mt_web_page_note_visitor(request, found, timeline.visitor);
    if (found == APR_ENOENT)
        return mt_web_page_fail_unknown_user(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);

    view.layout.owner = mt_name_isolate(request->pool, timeline.owner->username);
    view.layout.description = timeline.owner_profile.about;
    if (!*view.layout.description)
        view.layout.description = apr_pstrcat(request->pool, "The newest messages of ", view.layout.owner, ".", NULL);
    path = apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, timeline.owner->username), NULL);
    mt_web_profile_show(request, timeline.visitor, timeline.owner, &timeline.owner_profile,
                        mt_web_messages_path(request, path, &range), &view.head);
    view.head.at_messages = 1;
    view.layout.feed = apr_pstrcat(request->pool, view.head.profile, "/feed", NULL);
    view.followed = timeline.followed;
    view.unfollowed = timeline.visitor && !view.head.own && !view.followed;
    return render(request, path, &range, &timeline, &view);
}
