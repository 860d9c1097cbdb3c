/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/search.h"
#include "core/name.h"
#include "core/timestamp.h"
#include "core/url.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/log.h"
#include "http/search_throttle.h"
#include "http/session.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(minitwit);

static mt_list_t make_people(const mt_request_t *request, const mt_search_t *search)
{
    mt_person_view_t *views = apr_palloc(request->pool, (apr_size_t)search->people_count * sizeof(*views));

    for (int i = 0; i < search->people_count; i++) {
        const mt_user_t *person = &search->people[i];
        views[i] = (mt_person_view_t){
            .username = mt_name_isolate(request->pool, person->username),
            .profile = mt_web_page_profile(request, person->username),
            .avatar = mt_web_messages_avatar(request, person->email, person->avatar),
        };
    }
    return (mt_list_t){ .items = views, .count = (apr_size_t)search->people_count, .size = sizeof(*views) };
}

/* No cache keeps the page, because it shows the words of a visitor. */
static int render(mt_request_t *request, const mt_user_t *visitor, mt_search_view_t *view)
{
    int status = mt_web_page_render(request, MT_SITE_SEARCH, visitor, &view->layout);

    request->response.caching = MT_CACHING_NO_STORE;
    return status;
}

/* Shows the form alone, with a hint if there is one. */
static int show_form(mt_request_t *request, mt_search_view_t *view)
{
    mt_user_t *visitor = NULL;
    int status = mt_web_page_visitor(request, &visitor);

    return status == OK ? render(request, visitor, view) : status;
}

/* Returns the problem of the query string, or NULL. mt_form_get() does not find a field that is not valid UTF-8. */
static const char *describe_damage(const mt_request_t *request)
{
    if (!mt_form_is_malformed(request->query))
        return NULL;
    return "The search could not be read. It must be percent-encoded and valid UTF-8.";
}

/* Fails with 503, but keeps the query in the form, so that the visitor can send it again. */
static int show_busy(mt_request_t *request, mt_search_view_t *view)
{
    view->problem = "The search is busy. Please try again in a few seconds.";
    int failure = mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE, view->problem);
    int status = show_form(request, view);

    if (status == OK)
        request->response.status = failure;
    return status;
}

static int refuse(mt_request_t *request, mt_search_view_t *view)
{
    static const char kind[] = "too many searches at once";

    mt_counters_increment(MT_METRIC_THROTTLED, MT_THROTTLE_SEARCHING);
    mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, kind,
                   "%s, so a search gets 503: searches use at most half of the connections of a child process (DBDMax "
                   "%" APR_INT64_T_FMT "). If this continues, find the clients in the access log, look for load on the "
                   "database, or raise DBDMax",
                   kind, request->config->dbd_max);
    return show_busy(request, view);
}

/* A search for common words stops by itself before this limit, so other words would not help. */
static int show_slow(mt_request_t *request, mt_search_view_t *view)
{
    static const char kind[] = "a search took too long";

    mt_log_request(APLOG_MARK, APLOG_NOTICE, 0, request->r, kind,
                   "%s, so the database ended it: the limit is three quarters of MinitwitDatabaseTimeout. If this is "
                   "frequent, look for load on the database, or lower MinitwitSearchLimit",
                   kind);
    return show_busy(request, view);
}

/* Shows a part that the search did not fill, with a link to continue at the first message that was not searched. */
static void show_part(const mt_request_t *request, const char *path, const mt_message_range_t *range,
                      const mt_search_t *search, mt_search_view_t *view)
{
    const char *url = apr_pstrcat(request->pool, request->mount, path, NULL);
    const mt_messages_t *found = &search->messages;
    mt_message_list_view_t *list = &view->list;
    mt_cursor_t begin = search->rest;

    view->is_upward = range->kind == MT_RANGE_NEWER;
    begin.id += view->is_upward ? -1 : 1;
    view->further = mt_web_messages_link(request, url, view->is_upward ? "after" : "before", &begin);
    view->reached =
        mt_timestamp_format(apr_palloc(request->pool, MT_TIMESTAMP_SIZE), mt_timestamp_floor(search->rest.pub_date));
    view->machine_reached = mt_timestamp_format_machine(apr_palloc(request->pool, MT_TIMESTAMP_SIZE),
                                                        mt_timestamp_floor(search->rest.pub_date));
    list->messages = mt_web_messages_list(request, found->items, found->count);
    list->paged = 1;
    list->newest = range->kind == MT_RANGE_NEWEST ? NULL : url;
    if (view->is_upward)
        list->newer = view->further;
    else if (found->count > 0 && range->kind == MT_RANGE_OLDER)
        list->newer = mt_web_messages_link(request, url, "after", &found->items[0].key);
    if (!view->is_upward)
        list->older = view->further;
    else if (found->count > 0)
        list->older = mt_web_messages_link(request, url, "before", &found->items[found->count - 1].key);
}

static int show_results(mt_request_t *request, const mt_search_query_t *query, const mt_message_range_t *range,
                        const mt_search_t *search, mt_search_view_t *view)
{
    const char *path = apr_pstrcat(request->pool, "/-/search?q=", mt_url_encode(request->pool, query->text), NULL);

    if (search->is_partial && search->messages.count <= MT_WEB_MESSAGES_PER_PAGE)
        show_part(request, path, range, search, view);
    else if (!mt_web_messages_show(request, path, range, &search->messages, &view->list))
        return mt_request_redirect(request, path);
    view->people = make_people(request, search);
    view->has_people = search->people_count > 0;
    view->has_messages = search->messages.count > 0 || (range->kind != MT_RANGE_NEWEST && !view->further);
    view->has_nothing = !view->has_people && !view->has_messages && !view->further;
    return render(request, search->visitor, view);
}

/* Sets *range from the query. The range leaves out the message of the cursor, because the cursor may be the place where
 * another page stopped, and not the place of a message. *sought: the same as the store needs it. */
static void get_range(const mt_request_t *request, mt_message_range_t *range, mt_message_range_t *sought)
{
    /* No earlier version had a search, so an id is not a cursor here. */
    mt_web_messages_range(request, range);
    *sought = *range;
    if (range->kind != MT_RANGE_NEWEST)
        sought->begin.id += range->kind == MT_RANGE_OLDER ? -1 : 1;
}

int mt_web_search_show(mt_request_t *request)
{
    mt_search_view_t view = { .layout = { .title = "Search" } };
    const char *text = mt_form_get(request->query, "q");
    mt_search_query_t query;
    mt_message_range_t range, sought;
    mt_connection_t *connection;
    mt_search_t search;

    if (!request->config->search)
        return mt_request_fail(request, HTTP_NOT_FOUND, "This site has no search.");
    mt_search_query_parse(request->pool, text, &query);
    view.query = query.text;
    if (query.problem) {
        view.problem = text ? query.problem : describe_damage(request);
        return show_form(request, &view);
    }
    get_range(request, &range, &sought);
    int status = mt_search_throttle_charge(request);
    if (status != OK)
        return status;
    if (!mt_database_begin_search(request))
        return refuse(request, &view);
    status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t found =
        mt_search_run(connection, mt_request_brief(request), mt_session_hash(request), &query, &sought, &search);
    if (found == APR_TIMEUP)
        return show_slow(request, &view);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_web_page_note_visitor(request, APR_SUCCESS, search.visitor);
    return show_results(request, &query, &range, &search, &view);
}
