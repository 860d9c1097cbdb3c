/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/people.h"

#include "core/integer.h"
#include "core/name.h"
#include "core/url.h"
#include "http/database.h"
#include "http/session.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/profile.h"
#include "web/text.h"
#include "web/web.h"

#include <apr_strings.h>

#define PEOPLE_PER_PAGE 30

/* A list of the users at one end of a user's follows. */
typedef struct list_t {
    const char *name; /* the last segment of its path */
    int is_followers;
    apr_status_t (*read)(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                         const char *username, const mt_people_range_t *range, mt_people_t *people);
} list_t;

static const list_t followers = { "followers", 1, mt_people_followers };
static const list_t followees = { "following", 0, mt_people_followees };

/* Returns the requested part of the list. This part has one user more than a page, who shows whether there is another
 * page. */
static mt_people_range_t get_range(const mt_request_t *request)
{
    mt_people_range_t range = { .limit = PEOPLE_PER_PAGE + 1 };

    if (mt_integer_parse(mt_form_get(request->query, "before"), &range.before) && range.before > 0)
        return range;
    range.before = 0;
    if (!mt_integer_parse(mt_form_get(request->query, "after"), &range.after) || range.after < 0)
        range.after = 0;
    return range;
}

static mt_list_t make_list(const mt_request_t *request, const mt_person_t *people, int count)
{
    mt_person_view_t *views = apr_palloc(request->pool, (apr_size_t)count * sizeof(*views));

    for (int i = 0; i < count; i++) {
        views[i] = (mt_person_view_t){
            .username = mt_name_isolate(request->pool, people[i].username),
            .profile = mt_web_page_profile(request, people[i].username),
            .avatar = mt_web_messages_avatar(request, people[i].email, people[i].avatar),
            .about = mt_web_text_format(request->pool, request->mount, people[i].about),
        };
    }
    return (mt_list_t){ .items = views, .count = (apr_size_t)count, .size = sizeof(*views) };
}

static const char *link_to(const mt_request_t *request, const char *url, const char *kind, const mt_person_t *person)
{
    return apr_psprintf(request->pool, "%s?%s=%" APR_INT64_T_FMT, url, kind, person->place);
}

/* Fills in the users and the links to other pages. Returns 0 if the users are newer than a place and fit on one page,
 * because page one then shows them all. */
static int set_list(const mt_request_t *request, const char *url, const mt_people_range_t *range,
                    const mt_people_t *people, mt_people_view_t *view)
{
    int has_more = people->count > PEOPLE_PER_PAGE;
    int count = has_more ? PEOPLE_PER_PAGE : people->count;
    const mt_person_t *items = people->items;

    if (range->after && !has_more)
        return 0;
    /* The extra user is the newest one if the users are newer than a place, else the oldest one. */
    if (range->after)
        items += people->count - count;
    view->people = make_list(request, items, count);
    if (range->before || range->after)
        view->newest = url;
    if (view->newest && count > 0)
        view->newer = link_to(request, url, "after", &items[0]);
    if (has_more)
        view->older = link_to(request, url, "before", &items[count - 1]);
    view->paged = view->newest || view->older;
    return 1;
}

/* Returns path with the query that selects the range. */
static const char *add_query(const mt_request_t *request, const char *path, const mt_people_range_t *range)
{
    if (!range->before && !range->after)
        return path;
    return apr_psprintf(request->pool, "%s?%s=%" APR_INT64_T_FMT, path, range->before ? "before" : "after",
                        range->before ? range->before : range->after);
}

static void set_titles(mt_request_t *request, const list_t *list, mt_people_view_t *view)
{
    if (list->is_followers) {
        view->layout.owner = view->head.name;
        view->layout.title = "Followers";
        view->layout.description = apr_pstrcat(request->pool, "The users who follow ", view->head.name, ".", NULL);
    }
    else {
        view->layout.title = apr_pstrcat(request->pool, "People ", view->head.name, " Follows", NULL);
        view->layout.description = apr_pstrcat(request->pool, "The users that ", view->head.name, " follows.", NULL);
    }
    view->head.at_followers = list->is_followers;
    view->head.at_following = !list->is_followers;
}

/* Only page one comes from the cache. A client could invent any number of places and evict all other answers. */
static int find_cached(mt_request_t *request, const mt_people_range_t *range)
{
    return !range->before && !range->after && mt_web_page_find(request, request->argument, "", 0);
}

static int show(mt_request_t *request, const list_t *list)
{
    mt_people_view_t view = { .layout = { .title = NULL } };
    mt_people_range_t range = get_range(request);
    mt_connection_t *connection;
    mt_people_t people;

    if (find_cached(request, &range))
        return OK;
    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t found =
        list->read(connection, mt_request_brief(request), mt_session_hash(request), request->argument, &range, &people);
    mt_web_page_note_visitor(request, found, people.visitor);
    if (found == APR_ENOENT)
        return mt_web_page_fail_unknown_user(request);
    if (found != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    const char *path =
        apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, people.owner->username), "/", list->name, NULL);
    if (!set_list(request, apr_pstrcat(request->pool, request->mount, path, NULL), &range, &people, &view))
        return mt_request_redirect(request, path);
    mt_web_profile_show(request, people.visitor, people.owner, &people.profile, add_query(request, path, &range),
                        &view.head);
    set_titles(request, list, &view);
    return mt_web_page_render(request, MT_SITE_PEOPLE, people.visitor, &view.layout);
}

int mt_web_people_followers(mt_request_t *request)
{
    return show(request, &followers);
}

int mt_web_people_followees(mt_request_t *request)
{
    return show(request, &followees);
}
