/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/excerpt.h"
#include "core/integer.h"
#include "core/name.h"
#include "core/url.h"
#include "http/database.h"
#include "http/session.h"
#include "store/messages.h"
#include "web/messages.h"
#include "web/next.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>
#include <string.h>

/* Characters of a message in the page's description. Search engines show about 160. */
#define DESCRIPTION_MAX 200

/* Sets *id if the text is an id in its usual form, because each page has one address. */
static int parse_id(const mt_request_t *request, apr_int64_t *id)
{
    return mt_integer_parse(request->argument2, id) && *id > 0 &&
           strcmp(request->argument2, apr_psprintf(request->pool, "%" APR_INT64_T_FMT, *id)) == 0;
}

static int fail_unknown(mt_request_t *request)
{
    return mt_request_fail(request, HTTP_NOT_FOUND,
                           apr_psprintf(request->pool, "There is no message %s by \"%s\".", request->argument2,
                                        mt_name_isolate(request->pool, request->argument)));
}

/* Returns a list of the message itself. It has no link to the form below it. */
static mt_list_t list_message(const mt_request_t *request, const mt_thread_t *thread)
{
    mt_list_t list = mt_web_messages_list(request, thread->message.items, 1);
    mt_message_view_t *view = apr_pmemdup(request->pool, list.items, list.size);
    view->is_main = 1;
    list.items = view;
    return list;
}

/* The replies do not name the message that they reply to, because it is above them on the page. */
static mt_messages_t get_replies(const mt_thread_t *thread)
{
    mt_messages_t replies = thread->answers;

    for (int i = 0; i < replies.count; i++) {
        replies.items[i].answers = 0;
        replies.items[i].answered = NULL;
    }
    return replies;
}

/* path: of the page, below the mount. */
static int render(mt_request_t *request, const char *path, const mt_message_range_t *range, const mt_thread_t *thread)
{
    const mt_message_t *message = &thread->message.items[0];
    mt_messages_t replies = get_replies(thread);
    mt_thread_view_t view = {
        .layout = { .title = "Message",
                    .owner = mt_name_isolate(request->pool, message->username),
                    .description = mt_excerpt_make(request->pool, message->text, DESCRIPTION_MAX),
                    .og_title = mt_web_messages_title(request->pool, message),
                    .og_type = "article" },
        .list = { .empty = "There are no replies yet." },
        .answered = mt_web_messages_list(request, thread->answered.items, thread->answered.count),
        .message = list_message(request, thread),
        .answers = request->argument2,
        .sign_in = apr_pstrcat(request->pool, request->mount, "/login",
                               mt_web_next_query(request, mt_web_messages_path(request, path, range)), NULL),
    };

    if (!mt_web_messages_show(request, path, range, &replies, &view.list))
        return mt_request_redirect(request, path);
    /* The path may have another form of the name. */
    if (!view.list.newest)
        view.layout.canonical = mt_web_page_absolute(
            request, apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, message->username), "/",
                                 request->argument2, NULL));
    return mt_web_page_render(request, MT_SITE_THREAD, thread->visitor, &view.layout);
}

int mt_web_thread_show(mt_request_t *request)
{
    mt_message_range_t range;
    mt_connection_t *connection;
    mt_thread_t thread;
    apr_int64_t id;

    if (!parse_id(request, &id))
        return fail_unknown(request);
    const char *path =
        apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, request->argument), "/", request->argument2, NULL);
    if (!mt_web_messages_range(request, &range))
        return mt_request_redirect(request, path);
    /* A reply invalidates the cached pages of both authors (web/message.c). */
    if (mt_web_page_find(request, request->argument, &range, sizeof(range)))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t found = mt_messages_thread(connection, mt_request_brief(request), mt_session_hash(request),
                                            request->argument, id, &range, &thread);
    mt_web_page_note_visitor(request, found, thread.visitor);
    if (found == APR_ENOENT)
        return fail_unknown(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    path = apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, thread.message.items[0].username), "/",
                       request->argument2, NULL);
    return render(request, path, &range, &thread);
}
