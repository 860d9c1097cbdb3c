/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/page.h"

#include "core/name.h"
#include "core/url.h"
#include "http/cache.h"
#include "http/database.h"
#include "http/response.h"
#include "http/session.h"
#include "web/next.h"
#include "web/typed.h"
#include "web/web.h"

#include <apr_strings.h>
#include <http_protocol.h>

#define PAGE_SIZE_USUAL 24576 /* bytes; enough for a full timeline */
#define SCRIPT          "script.js"

typedef struct advice_t {
    int status;
    const char *title;
    const char *hint;
} advice_t;

#define REPORT_IT                                                                                                      \
    "This is not your fault. The error is in the log for the operators of this site. If you report it to them, give "  \
    "them the reference below."

static const advice_t advices[] = {
    { HTTP_BAD_REQUEST, "That Did Not Work", "Check your input, and send it again." },
    { HTTP_UNAUTHORIZED, "Please Sign In", "Only signed-in users can do this. Sign in, then try again." },
    { HTTP_FORBIDDEN, "Not Allowed",
      "Nothing was changed. If you intended this, open MiniTwit itself and do it there." },
    { HTTP_NOT_FOUND, "Not Found", "Check the address for mistakes. Usernames are case-sensitive." },
    { HTTP_METHOD_NOT_ALLOWED, "Not Possible Here", "Use the links and forms of this site." },
    { HTTP_CONFLICT, "Already Signed In", "Your message has not been shared yet. Check it, and share it." },
    { HTTP_GONE, "Message Deleted", "Your message has not been shared yet. You can share it as a message of its own." },
    { HTTP_REQUEST_ENTITY_TOO_LARGE, "Too Large", "Go back, make it shorter, and send it again." },
    { HTTP_UNSUPPORTED_MEDIA_TYPE, "Not a Form of This Site", "Use the forms of this site." },
    { HTTP_TOO_MANY_REQUESTS, "Too Many Attempts", "Wait a little before you try again." },
    { HTTP_INTERNAL_SERVER_ERROR, "Something Went Wrong", REPORT_IT },
    { HTTP_SERVICE_UNAVAILABLE, "Back in a Moment",
      "This is not your fault. If you were sending something, check whether it arrived before you send it again." },
};

static const advice_t lasting = { HTTP_SERVICE_UNAVAILABLE, "Out of Order", REPORT_IT };

void mt_web_page_note_visitor(mt_request_t *request, apr_status_t found, const mt_user_t *visitor)
{
    if (visitor)
        request->user = apr_pstrdup(request->pool, visitor->username);
    else
        request->is_anonymous = found == APR_SUCCESS || found == APR_ENOENT;
}

int mt_web_page_visitor(mt_request_t *request, mt_user_t **visitor)
{
    int status = mt_session_user(request, visitor);

    if (status == OK)
        mt_web_page_note_visitor(request, APR_SUCCESS, *visitor);
    return status;
}

int mt_web_page_require_visitor(mt_request_t *request, mt_user_t **visitor)
{
    int status = mt_web_page_visitor(request, visitor);

    return status == OK && !*visitor ? mt_web_page_fail_anonymous(request) : status;
}

int mt_web_page_fail_anonymous(mt_request_t *request)
{
    mt_web_page_note_visitor(request, APR_ENOENT, NULL);
    return mt_request_fail(request, HTTP_UNAUTHORIZED, "You are not signed in.");
}

int mt_web_page_fail_write(mt_request_t *request, const mt_connection_t *connection)
{
    if (mt_connection_error(connection)->unknown_fate)
        mt_cache_forget_all();
    return mt_request_fail_store(request, connection);
}

int mt_web_page_fail_unknown_user(mt_request_t *request)
{
    return mt_request_fail(request, HTTP_NOT_FOUND,
                           apr_psprintf(request->pool, "There is no user named \"%s\".",
                                        mt_name_isolate(request->pool, request->argument)));
}

int mt_web_page_fail_unknown_tag(mt_request_t *request, const char *shown)
{
    return mt_request_fail(request, HTTP_NOT_FOUND,
                           apr_psprintf(request->pool, "There is no message with the tag \"%s\".", shown));
}

const char *mt_web_page_profile(const mt_request_t *request, const char *username)
{
    return apr_pstrcat(request->pool, request->mount, "/", mt_url_encode(request->pool, username), NULL);
}

const char *mt_web_page_absolute(const mt_request_t *request, const char *path)
{
    const char *site = request->config->site_url;

    return site ? apr_pstrcat(request->pool, site, request->mount, path, NULL) : NULL;
}

static int has_script(const mt_site_t *site)
{
    return mt_web_site_file(site, SCRIPT) != NULL;
}

/* Sets the headers that all pages have, whether they are rendered now or come from the cache. */
static void set_headers(mt_request_t *request)
{
    request->response.content_type = "text/html; charset=utf-8";
    mt_response_protect_page(request, has_script(request->config->site));
}

int mt_web_page_find(mt_request_t *request, const char *username, const void *part, apr_size_t len)
{
    if (mt_session_has_cookies(request) || !mt_cache_find(request, username, part, len))
        return 0;
    set_headers(request);
    request->response.caching = MT_CACHING_NO_CACHE;
    apr_table_mergen(request->r->headers_out, "Vary", "Cookie");
    return 1;
}

static int is_at(const mt_request_t *request, const char *label)
{
    return request->label && strcmp(request->label, label) == 0;
}

static void mark_place(const mt_request_t *request, mt_layout_view_t *view)
{
    view->at_home = is_at(request, "/");
    view->at_public = is_at(request, "/public");
    view->at_mentions = is_at(request, "/-/mentions");
    view->at_search = is_at(request, "/-/search");
    view->at_register = is_at(request, "/register");
    view->at_login = is_at(request, "/login");
}

/* The URL of a static file; NULL if a sysadmin's folder of templates lacks it. */
static const char *find_file(const mt_request_t *request, const char *name)
{
    const char *url = mt_web_site_url(request->config->site, request->pool, name);

    return url ? apr_pstrcat(request->pool, request->mount, url, NULL) : NULL;
}

static const char *find_manifest(const mt_request_t *request)
{
    const mt_asset_t *file = mt_web_site_file(request->config->site, MT_WEB_STATIC_MANIFEST);

    return file ? apr_pstrcat(request->pool, request->mount, "/-/" MT_WEB_STATIC_MANIFEST "?v=", file->version, NULL)
                : NULL;
}

/* Fills in the parts of the layout that are the same on all pages, and renders the view. */
static void render(mt_request_t *request, mt_site_page_t page, mt_layout_view_t *view)
{
    const mt_site_t *site = request->config->site;
    mt_response_t *response = &request->response;

    view->mount = request->mount;
    view->style = find_file(request, "style.css");
    view->icon = find_file(request, "favicon.svg");
    view->touch_icon = find_file(request, "apple-touch-icon.png");
    view->manifest = find_manifest(request);
    view->script = find_file(request, SCRIPT);
    view->version = MT_VERSION;
    view->limit = apr_psprintf(request->pool, "%" APR_INT64_T_FMT, request->config->message_max);
    /* Without MinitwitIndexing, a header says this about each answer. */
    view->noindex = request->config->indexing && !view->canonical;
    view->searchable = request->config->search;
    mark_place(request, view);
    view->mentions = apr_pstrcat(request->pool, request->mount, "/-/mentions", NULL);
    mt_buffer_init(&response->body, request->pool, PAGE_SIZE_USUAL);
    mt_template_render(mt_web_site_template(site, page), view, &response->body);
    set_headers(request);
}

/* Returns the number of new mentions, or NULL if there is none. */
static const char *format_new(apr_pool_t *pool, int count)
{
    if (count >= MT_STATEMENT_MENTIONS_MAX)
        return apr_psprintf(pool, "%d+", MT_STATEMENT_MENTIONS_MAX - 1);
    return count > 0 ? apr_itoa(pool, count) : NULL;
}

int mt_web_page_render(mt_request_t *request, mt_site_page_t page, const mt_user_t *visitor, mt_layout_view_t *view)
{
    mt_database_close(request);
    view->visitor = visitor ? mt_name_isolate(request->pool, visitor->username) : NULL;
    view->signed_in = visitor != NULL;
    view->mentions_new = visitor ? format_new(request->pool, visitor->new_mentions) : NULL;
    view->flash = mt_session_take_flash(request);
    render(request, page, view);

    /* No cache may keep a personal page: one for a signed-in user, with a flash, or with a user's input in its form. */
    int is_get = request->r->method_number == M_GET;
    if (is_get && !visitor && !view->flash && !mt_session_keeps_flash(request)) {
        request->response.caching = MT_CACHING_NO_CACHE;
        mt_cache_keep_page(request);
    }
    /* The site's script checks whether the page has changed, and must not use up the flash. */
    else if (is_get && request->is_speculative) {
        mt_cache_tag_page(request);
    }
    apr_table_mergen(request->r->headers_out, "Vary", "Cookie");
    return OK;
}

static const advice_t *find_advice(int status)
{
    for (apr_size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (advices[i].status == status)
            return &advices[i];
    }
    return NULL;
}

/* 1 for a user's timeline and the pages below it. */
static int is_of_user(const mt_request_t *request)
{
    static const char start[] = "/<username>";

    return request->label && strncmp(request->label, start, sizeof(start) - 1) == 0;
}

/* An address with the number of a message is usually a link to a message that existed. */
static const char *find_hint(const mt_request_t *request, int status, const advice_t *advice)
{
    if (status == HTTP_NOT_FOUND && is_at(request, "/<username>/<id>"))
        return "The message may have been deleted.";
    return advice ? advice->hint : NULL;
}

/* Chooses the link of a failure page: to the form, or to the page with the link, that the visitor comes from. */
static void set_way(const mt_request_t *request, int status, mt_failure_view_t *view)
{
    const char *path = "/public";
    const char *next = NULL;

    view->way_text = "Go to the public timeline";
    if (status == HTTP_UNAUTHORIZED || (is_at(request, "/login") && !request->user)) {
        next = status == HTTP_UNAUTHORIZED ? mt_web_next_here(request) : mt_web_next_asked(request);
        path = "/login";
        view->way_text = "Sign in";
    }
    else if (is_at(request, "/register")) {
        path = "/register";
        view->way_text = "Sign up";
    }
    else if (request->argument && is_of_user(request) && status != HTTP_NOT_FOUND) {
        view->way = mt_web_page_profile(request, request->argument);
        view->way_text = apr_pstrcat(request->pool, "Go to ", mt_name_isolate(request->pool, request->argument),
                                     "'s timeline", NULL);
        return;
    }
    else if (view->layout.signed_in && status != HTTP_NOT_FOUND && !is_at(request, "/public")) {
        path = "/";
        view->way_text = "Go to your timeline";
    }
    view->way = apr_pstrcat(request->pool, request->mount, path, mt_web_next_query(request, next), NULL);
}

/* Returns 1 if both URLs have the same path. a has no query. */
static int is_same_page(const char *a, const char *b)
{
    apr_size_t len = strlen(a);

    return strncmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '?');
}

void mt_web_page_fail(mt_request_t *request, int status)
{
    const advice_t *advice = request->response.is_lasting ? &lasting : find_advice(status);
    const char *visitor = request->user ? mt_name_isolate(request->pool, request->user) : NULL;
    /* If the database was not queried, or did not answer, the session cookie alone decides which navigation to show. */
    int signed_in = visitor || (!request->is_anonymous && mt_session_is_claimed(request));
    mt_failure_view_t view = {
        .layout = { .visitor = visitor, .signed_in = signed_in },
        .problem = request->response.problem,
        .reference = status >= HTTP_INTERNAL_SERVER_ERROR ? request->r->log_id : NULL,
    };

    /* Skip the number of a status line such as "404 Not Found". */
    view.layout.title = advice ? advice->title : ap_get_status_line(status) + 4;
    view.hint = find_hint(request, status, advice);
    set_way(request, status, &view);
    mt_web_typed_show(request, status, &view);
    /* The page already has the form that the link leads to. */
    if (view.again && is_same_page(view.again, view.way))
        view.way = NULL;
    render(request, MT_SITE_FAILURE, &view.layout);
}
