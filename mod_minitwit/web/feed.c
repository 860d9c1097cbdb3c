/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity.h"
#include "core/name.h"
#include "core/url.h"
#include "http/cache.h"
#include "http/database.h"
#include "http/response.h"
#include "web/atom.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>
#include <string.h>

#define ENTRIES_MAX 30

static const mt_message_range_t newest = { .kind = MT_RANGE_NEWEST, .limit = ENTRIES_MAX, .with_site = 1 };

static int set_headers(mt_request_t *request)
{
    request->response.content_type = "application/atom+xml; charset=utf-8";
    request->response.caching = MT_CACHING_NO_CACHE;
    mt_response_protect_page(request, 0);
    /* Search engines may follow its links, but must show the pages instead of the feed. */
    apr_table_setn(request->r->headers_out, "X-Robots-Tag", "noindex");
    return OK;
}

static int send_feed(mt_request_t *request, const mt_atom_t *feed, const mt_timeline_t *timeline)
{
    mt_database_close(request);
    mt_web_atom_write(request, feed, timeline);
    mt_cache_keep_page(request);
    return set_headers(request);
}

/* A feed is the same for everybody, so it needs no session, and neither shows nor clears a flash. */
int mt_web_feed_public(mt_request_t *request)
{
    static const mt_atom_t feed = { "public", "Public Timeline | MiniTwit", "/-/feed", "/public" };
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (mt_cache_find(request, NULL, NULL, 0))
        return set_headers(request);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_public(connection, mt_request_brief(request), NULL, &newest, &timeline) != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return send_feed(request, &feed, &timeline);
}

int mt_web_feed_user(mt_request_t *request)
{
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (mt_cache_find(request, request->argument, NULL, 0))
        return set_headers(request);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t found =
        mt_messages_by_user(connection, mt_request_brief(request), NULL, request->argument, &newest, &timeline);
    if (found == APR_ENOENT)
        return mt_web_page_fail_unknown_user(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);

    const char *username = timeline.owner->username;
    const char *page = apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, username), NULL);
    const mt_atom_t feed = {
        /* The key has no name, because another account may later have this name. */
        .key = apr_psprintf(request->pool, "user:%" APR_INT64_T_FMT, timeline.owner->id),
        .title = apr_pstrcat(request->pool, mt_name_isolate(request->pool, username), "'s Timeline | MiniTwit", NULL),
        .path = apr_pstrcat(request->pool, page, "/feed", NULL),
        .page = page,
    };
    return send_feed(request, &feed, &timeline);
}

/* tag: folded. */
static int show_tag(mt_request_t *request, const char *tag, const mt_atom_t *feed, const char *shown)
{
    mt_connection_t *connection;
    mt_timeline_t timeline;

    if (mt_cache_find(request, NULL, NULL, 0))
        return set_headers(request);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_messages_tagged(connection, mt_request_brief(request), NULL, tag, &newest, &timeline) != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    if (timeline.messages.count == 0)
        return mt_web_page_fail_unknown_tag(request, shown);
    return send_feed(request, feed, &timeline);
}

int mt_web_feed_tag(mt_request_t *request)
{
    const char *tag = mt_entity_fold_tag(request->pool, request->argument, strlen(request->argument));
    const char *shown = mt_name_isolate(request->pool, apr_pstrcat(request->pool, "#", tag, NULL));
    const char *encoded = mt_url_encode(request->pool, tag);
    const char *page = apr_pstrcat(request->pool, "/-/tag/", encoded, NULL);
    const mt_atom_t feed = {
        .key = apr_pstrcat(request->pool, "tag:", encoded, NULL),
        .title = apr_pstrcat(request->pool, shown, " | MiniTwit", NULL),
        .path = apr_pstrcat(request->pool, page, "/feed", NULL),
        .page = page,
    };

    if (strcmp(tag, request->argument) != 0)
        return mt_request_redirect(request, feed.path);
    return show_tag(request, tag, &feed, shown);
}
