/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/profile.h"

#include "core/avatar.h"
#include "core/integer.h"
#include "core/name.h"
#include "core/timestamp.h"
#include "core/url.h"
#include "core/utf8.h"
#include "core/validate.h"
#include "http/cache.h"
#include "http/database.h"
#include "http/session.h"
#include "web/messages.h"
#include "web/next.h"
#include "web/page.h"
#include "web/text.h"
#include "web/web.h"

#include <apr_strings.h>
#include <string.h>

#define GRAVATAR_SIZE 192 /* pixels: twice the size on the page, for screens with a high resolution */

static const char *format_count(const mt_request_t *request, int count)
{
    return mt_integer_format_count(request->pool, count, MT_STATEMENT_COUNTED_MAX - 1);
}

void mt_web_profile_show(const mt_request_t *request, const mt_user_t *visitor, const mt_user_t *owner,
                         const mt_profile_t *profile, const char *next, mt_profile_view_t *view)
{
    view->name = mt_name_isolate(request->pool, owner->username);
    view->portrait = request->config->gravatar ? mt_avatar_gravatar(request->pool, owner->email, GRAVATAR_SIZE)
                                               : mt_web_messages_avatar(request, owner->email, owner->avatar);
    view->about = mt_web_text_format(request->pool, request->mount, profile->about);
    if (profile->is_dated)
        view->joined = mt_timestamp_format_month(apr_palloc(request->pool, MT_TIMESTAMP_SIZE), profile->joined_at);
    view->message_count = format_count(request, profile->messages);
    view->has_one_message = profile->messages == 1;
    view->follower_count = format_count(request, profile->followers);
    view->has_one_follower = profile->followers == 1;
    view->followee_count = format_count(request, profile->followees);
    view->profile = mt_web_page_profile(request, owner->username);
    view->own = visitor && visitor->id == owner->id;
    if (!visitor)
        view->sign_in = apr_pstrcat(request->pool, request->mount, "/login", mt_web_next_query(request, next), NULL);
}

static int show(mt_request_t *request, const mt_user_t *visitor, const char *error, const char *about)
{
    mt_profile_form_view_t view = { .layout = { .title = "Your Profile",
                                                .description = "Change the text about yourself on your page." },
                                    .error = error,
                                    .about = about,
                                    .profile = mt_web_page_profile(request, visitor->username) };

    return mt_web_page_render(request, MT_SITE_PROFILE, visitor, &view.layout);
}

int mt_web_profile_ask(mt_request_t *request)
{
    const unsigned char *session = mt_session_hash(request);
    mt_connection_t *connection;
    mt_user_t *visitor;
    const char *about;

    if (!session)
        return mt_web_page_fail_anonymous(request);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t found = mt_profiles_about(connection, request->pool, session, &visitor, &about);
    mt_web_page_note_visitor(request, found, visitor);
    if (found == APR_ENOENT)
        return mt_web_page_fail_anonymous(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    return show(request, visitor, NULL, about);
}

/* Returns the text as it was before a browser encoded it: with LF at the ends of lines, instead of CR LF (HTML
 * Standard, "Constructing an entry list"). A line end then counts as one character, as in the browser. */
static const char *normalize(apr_pool_t *pool, const char *text)
{
    char *normal = apr_palloc(pool, strlen(text) + 1);
    char *end = normal;

    for (; *text; text++) {
        if (text[0] != '\r' || text[1] != '\n')
            *end++ = *text;
    }
    *end = '\0';
    return normal;
}

static int save(mt_request_t *request, const char *about)
{
    const unsigned char *session = mt_session_hash(request);
    mt_connection_t *connection;
    mt_user_t *visitor;

    if (!session)
        return mt_web_page_fail_anonymous(request);
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t saved = mt_profiles_describe(connection, request->pool, session, about, &visitor);
    mt_web_page_note_visitor(request, saved, visitor);
    if (saved == APR_ENOENT)
        return mt_web_page_fail_anonymous(request);
    if (saved != APR_SUCCESS)
        return mt_web_page_fail_write(request, connection);
    mt_cache_forget_user(request->pool, visitor->username);
    mt_session_flash(request, MT_FLASH_DESCRIBED, NULL);
    return mt_request_redirect(request,
                               apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, visitor->username), NULL));
}

/* The write itself checks the session, so a valid form needs no separate look-up. For any other form, the function
 * first refuses an anonymous visitor. */
int mt_web_profile_save(mt_request_t *request)
{
    mt_form_t *form;
    mt_user_t *visitor;
    const char *problem = NULL;
    int status = mt_request_form(request, &form);

    if (request->is_answered)
        return status;
    const char *about = status == OK ? mt_form_get(form, "about") : NULL;
    if (about) {
        about = normalize(request->pool, about);
        if (mt_utf8_count(about) > MT_VALIDATE_ABOUT_MAX)
            problem = "The text about you may have at most " APR_STRINGIFY(MT_VALIDATE_ABOUT_MAX) " characters";
    }
    if (about && !problem)
        return save(request, about);
    int allowed = mt_web_page_require_visitor(request, &visitor);
    if (allowed != OK)
        return allowed;
    if (problem)
        return show(request, visitor, problem, about);
    return status != OK
               ? status
               : mt_request_fail(request, HTTP_BAD_REQUEST, "The form is incomplete: its field \"about\" is missing.");
}
