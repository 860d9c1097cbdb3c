/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/message.h"
#include "core/validate.h"
#include "http/cache.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/session.h"
#include "store/posts.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/typed.h"
#include "web/web.h"

/* Checks the fields of a message. Sets *answers to the id of the answered message, or to 0. */
static int check(mt_request_t *request, const char *text, apr_int64_t *answers)
{
    const char *problem = mt_validate_message(request->pool, text, (apr_size_t)request->config->message_max);

    if (!problem && !mt_web_typed_answers(request, answers))
        problem = "The form is damaged: its field \"answers\" is not the number of a message.";
    return problem ? mt_request_fail(request, HTTP_BAD_REQUEST, problem) : OK;
}

/* Sets *text to the field of the form, which may be empty. Fails the request if the message cannot be stored. */
static int read_text(mt_request_t *request, const char **text)
{
    mt_form_t *form;
    apr_int64_t answers;
    int status = mt_request_form(request, &form);

    if (status != OK)
        return status;
    *text = mt_form_get(form, "text");
    if (!*text)
        return mt_request_fail(request, HTTP_BAD_REQUEST, "The form is incomplete: its field \"text\" is missing.");
    return check(request, *text, &answers);
}

int mt_web_message_store(mt_request_t *request, const char *text)
{
    const unsigned char *session = mt_session_hash(request);
    mt_connection_t *connection;
    apr_int64_t answers = 0;
    mt_post_t post;

    if (!session)
        return mt_web_page_fail_anonymous(request);
    int status = check(request, text, &answers);
    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t added = mt_posts_add(connection, request->pool, session, text, answers, &post);
    mt_web_page_note_visitor(request, added, post.author);
    if (added == APR_ENOENT)
        return post.author ? mt_request_fail(request, HTTP_GONE, "The message that you reply to no longer exists.")
                           : mt_web_page_fail_anonymous(request);
    if (added != APR_SUCCESS)
        return mt_web_page_fail_write(request, connection);
    mt_cache_forget(request->pool, post.author->username);
    /* The page of the answered message shows its answers. */
    if (post.answered)
        mt_cache_forget(request->pool, post.answered);
    mt_counters_increment(MT_METRIC_MESSAGES_POSTED, 0);
    mt_session_flash(request, MT_FLASH_RECORDED, NULL);
    if (post.answered)
        return mt_request_redirect(request, mt_web_messages_permalink(request->pool, post.answered, answers));
    return mt_request_redirect(request, "/");
}

/* The write itself checks the session, so a valid form needs no separate look-up. For all other forms, an anonymous
 * visitor is refused first. */
int mt_web_message_add(mt_request_t *request)
{
    const char *text = NULL;
    mt_user_t *visitor;
    int status = read_text(request, &text);

    if (request->is_answered)
        return status;
    if (status == OK && *text)
        return mt_web_message_store(request, text);
    int allowed = mt_web_page_require_visitor(request, &visitor);
    if (allowed != OK)
        return allowed;
    return status == OK ? mt_request_redirect(request, "/") : status;
}
