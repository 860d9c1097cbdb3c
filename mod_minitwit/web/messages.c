/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/messages.h"

#include "core/avatar.h"
#include "core/excerpt.h"
#include "core/integer.h"
#include "core/name.h"
#include "core/timestamp.h"
#include "core/url.h"
#include "http/cache.h"
#include "http/database.h"
#include "web/page.h"
#include "web/text.h"

#include <apr_strings.h>
#include <string.h>

#define AVATAR_SIZE 48 /* pixels */
#define TITLE_MAX   80 /* characters of a message in its title */

/* Sets *id to the id in a link of an earlier version. Returns 0 if the query has none. */
static int get_old_id(const mt_request_t *request, apr_int64_t *id)
{
    return mt_integer_parse(mt_form_get(request->query, "before"), id) && *id > 0;
}

int mt_web_messages_range(const mt_request_t *request, mt_message_range_t *range)
{
    apr_int64_t id;

    /* All bytes of it, also the padding, are in the key of a cached answer. */
    memset(range, 0, sizeof(*range));
    range->limit = MT_WEB_MESSAGES_PER_PAGE + 1;
    if (mt_cursor_parse(mt_form_get(request->query, "before"), &range->begin))
        range->kind = MT_RANGE_OLDER;
    else if (mt_cursor_parse(mt_form_get(request->query, "after"), &range->begin))
        range->kind = MT_RANGE_NEWER;
    else
        return !get_old_id(request, &id);
    range->limit++;
    /* The range must include the message itself. */
    range->begin.id += range->kind == MT_RANGE_OLDER ? 1 : -1;
    return 1;
}

int mt_web_messages_redirect(mt_request_t *request, const char *path)
{
    mt_cursor_t begin = { .id = 0 };
    mt_connection_t *connection;
    int status = mt_database_open(request, &connection);

    get_old_id(request, &begin.id);
    if (status != OK)
        return status;
    apr_status_t found = mt_messages_key(connection, begin.id, &begin.pub_date);
    if (found == APR_ENOENT)
        return mt_request_redirect(request, path);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return mt_request_redirect(
        request, apr_pstrcat(request->pool, path, "?before=", mt_cursor_format(request->pool, &begin), NULL));
}

const char *mt_web_messages_avatar(const mt_request_t *request, const char *email, const char *avatar)
{
    if (request->config->gravatar)
        return mt_avatar_gravatar(request->pool, email, AVATAR_SIZE);
    return apr_pstrcat(request->pool, request->mount, "/static/avatar/", avatar, ".svg", NULL);
}

/* Estimates whether a text may have more lines on a phone than the style sheet shows. If so, the text must be in the
 * tab order, because not every browser lets the keyboard reach a scrolling element. */
static int is_long(const char *text)
{
    const apr_size_t short_max = 300; /* bytes, which fit if each line has 26 columns */
    const int line_max = 12;          /* max-height of a text in style.css */
    const int column_max = 28;        /* average letters beside an avatar on a screen of 360 px */
    const int tab = 4;                /* tab-size in style.css */
    int lines = 1, column = 0;

    if (strlen(text) <= short_max && !strpbrk(text, "\n\t"))
        return 0;
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

const char *mt_web_messages_permalink(apr_pool_t *pool, const char *username, apr_int64_t id)
{
    return apr_psprintf(pool, "/%s/%" APR_INT64_T_FMT, mt_url_encode(pool, username), id);
}

const char *mt_web_messages_title(apr_pool_t *pool, const mt_message_t *message)
{
    const char *words = mt_excerpt_make(pool, message->text, TITLE_MAX);

    return apr_pstrcat(pool, mt_name_isolate(pool, message->username), *words ? ": " : "", words, NULL);
}

static const char *link_message(const mt_request_t *request, const char *username, apr_int64_t id)
{
    return apr_pstrcat(request->pool, request->mount, mt_web_messages_permalink(request->pool, username, id), NULL);
}

static mt_message_view_t make_view(const mt_request_t *request, const mt_message_t *message)
{
    const char *profile = mt_web_page_profile(request, message->username);
    const char *id = apr_off_t_toa(request->pool, message->key.id);
    apr_int64_t seconds = mt_timestamp_floor(message->key.pub_date);
    const char *answered = message->answered;

    return (mt_message_view_t){
        .id = id,
        .username = mt_name_isolate(request->pool, message->username),
        .profile = profile,
        .url = apr_pstrcat(request->pool, profile, "/", id, NULL),
        .avatar = mt_web_messages_avatar(request, message->email, message->avatar),
        .html = mt_web_text_format(request->pool, request->mount, message->text),
        .is_long = is_long(message->text),
        .date = mt_timestamp_format(apr_palloc(request->pool, MT_TIMESTAMP_SIZE), seconds),
        .machine_date = mt_timestamp_format_machine(apr_palloc(request->pool, MT_TIMESTAMP_SIZE), seconds),
        .answered = answered ? mt_name_isolate(request->pool, answered) : NULL,
        .answered_url = answered ? link_message(request, answered, message->answers) : NULL,
        .is_orphan = message->answers && !answered,
    };
}

mt_list_t mt_web_messages_list(const mt_request_t *request, const mt_message_t *messages, int count)
{
    mt_message_view_t *views = apr_palloc(request->pool, (apr_size_t)count * sizeof(*views));

    for (int i = 0; i < count; i++)
        views[i] = make_view(request, &messages[i]);
    return (mt_list_t){ .items = views, .count = (apr_size_t)count, .size = sizeof(*views) };
}

/* Returns the cursor of the query. */
static mt_cursor_t get_begin(const mt_message_range_t *range)
{
    mt_cursor_t begin = range->begin;

    begin.id += range->kind == MT_RANGE_OLDER ? -1 : 1;
    return begin;
}

const char *mt_web_messages_path(const mt_request_t *request, const char *path, const mt_message_range_t *range)
{
    mt_cursor_t begin = get_begin(range);

    if (range->kind == MT_RANGE_NEWEST)
        return path;
    return apr_pstrcat(request->pool, path,
                       range->kind == MT_RANGE_OLDER ? "?before=" : "?after=", mt_cursor_format(request->pool, &begin),
                       NULL);
}

/* Takes the message of the cursor out of the messages, which are those of the range. Returns 1 if it was there. */
static int drop_begin(const mt_message_range_t *range, mt_messages_t *messages)
{
    int is_older = range->kind == MT_RANGE_OLDER;
    mt_cursor_t begin = get_begin(range);

    if (messages->count == 0)
        return 0;
    if (mt_cursor_compare(&messages->items[is_older ? 0 : messages->count - 1].key, &begin) != 0)
        return 0;
    messages->items += is_older;
    messages->count--;
    return 1;
}

const char *mt_web_messages_link(const mt_request_t *request, const char *url, const char *kind, const mt_cursor_t *key)
{
    return apr_pstrcat(request->pool, url, strchr(url, '?') ? "&" : "?", kind, "=",
                       mt_cursor_format(request->pool, key), NULL);
}

int mt_web_messages_show(mt_request_t *request, const char *path, const mt_message_range_t *range,
                         const mt_messages_t *found, mt_message_list_view_t *view)
{
    const char *url = apr_pstrcat(request->pool, request->mount, path, NULL);
    mt_messages_t shown = *found;

    if (range->kind != MT_RANGE_NEWEST && !drop_begin(range, &shown))
        mt_cache_release(request);
    int has_more = shown.count > MT_WEB_MESSAGES_PER_PAGE;
    if (range->kind == MT_RANGE_NEWER) {
        if (!has_more)
            return 0;
        shown.items += shown.count - MT_WEB_MESSAGES_PER_PAGE;
    }
    if (has_more)
        shown.count = MT_WEB_MESSAGES_PER_PAGE;

    view->messages = mt_web_messages_list(request, shown.items, shown.count);
    if (range->kind != MT_RANGE_NEWEST) {
        view->newest = url;
        if (shown.count > 0)
            view->newer = mt_web_messages_link(request, url, "after", &shown.items[0].key);
    }
    if (has_more || range->kind == MT_RANGE_NEWER)
        view->older = mt_web_messages_link(request, url, "before", &shown.items[shown.count - 1].key);
    view->paged = view->older || view->newest;
    return 1;
}
