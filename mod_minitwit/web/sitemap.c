/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/integer.h"
#include "core/url.h"
#include "http/cache.h"
#include "http/database.h"
#include "store/users.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

/* A page of the sitemap has the users of IDS_PER_PAGE successive ids. The index names at most PAGES_MAX pages, those of
 * the newest users. So no answer grows with the site. The protocol allows 50,000 of each. */
#define IDS_PER_PAGE 1000
#define PAGES_MAX    1000

#define PATH        "/-/sitemap.xml"
#define ENTRY_USUAL 128 /* bytes */
#define HEAD(name)                                                                                                     \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" name " xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
#define FOOT(name) "</" name ">\n"

/* Sets *page to the page in the query: 0 for the index. Returns 0 if the query is not valid. */
static int get_page(const mt_request_t *request, apr_int64_t *page)
{
    const char *text = mt_form_get(request->query, "page");

    *page = 0;
    return !text || (mt_integer_parse(text, page) && *page > 0 && *page <= APR_INT64_MAX / IDS_PER_PAGE);
}

/* path: percent-encoded, as the rest of the URL. So there is nothing to escape for XML. */
static void append(mt_request_t *request, const char *element, const char *path)
{
    mt_buffer_t *body = &request->response.body;

    mt_buffer_append_text(body, apr_pstrcat(request->pool, "<", element, "><loc>", mt_web_page_absolute(request, path),
                                            "</loc></", element, ">\n", NULL));
}

static void append_index(mt_request_t *request, apr_int64_t first, apr_int64_t last)
{
    mt_buffer_append_text(&request->response.body, HEAD("sitemapindex"));
    for (apr_int64_t page = first; page <= last; page++)
        append(request, "sitemap", apr_psprintf(request->pool, PATH "?page=%" APR_INT64_T_FMT, page));
    mt_buffer_append_text(&request->response.body, FOOT("sitemapindex"));
}

/* The public timeline is on each page, because all users of a page may be deleted, and a page must have an entry. */
static void append_page(mt_request_t *request, const mt_users_names_t *names)
{
    mt_buffer_append_text(&request->response.body, HEAD("urlset"));
    append(request, "url", "/public");
    for (int i = 0; i < names->count; i++)
        append(request, "url", apr_pstrcat(request->pool, "/", mt_url_encode(request->pool, names->items[i]), NULL));
    mt_buffer_append_text(&request->response.body, FOOT("urlset"));
}

static int fail_unknown(mt_request_t *request)
{
    return mt_request_fail(request, HTTP_NOT_FOUND, "There is nothing at this address.");
}

static int make(mt_request_t *request, apr_int64_t page)
{
    mt_connection_t *connection;
    mt_users_names_t names;
    int status = mt_database_open(request, &connection);

    if (status != OK)
        return status;
    if (mt_users_names(connection, request->pool, page ? (page - 1) * IDS_PER_PAGE : 0, page * IDS_PER_PAGE, &names) !=
        APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_database_close(request);
    apr_int64_t last = names.last_id > 0 ? (names.last_id - 1) / IDS_PER_PAGE + 1 : 1;
    apr_int64_t first = last > PAGES_MAX ? last - PAGES_MAX + 1 : 1;
    /* The cache does not keep a page that a client has invented. */
    if (page && (page < first || page > last))
        return fail_unknown(request);
    mt_buffer_init(&request->response.body, request->pool, (IDS_PER_PAGE + 2) * ENTRY_USUAL);
    if (page)
        append_page(request, &names);
    else
        append_index(request, first, last);
    mt_cache_keep(request);
    return OK;
}

int mt_web_sitemap_show(mt_request_t *request)
{
    apr_int64_t page;

    if (!request->config->indexing || !get_page(request, &page))
        return fail_unknown(request);
    int status = mt_cache_find(request, NULL, &page, sizeof(page)) ? OK : make(request, page);
    request->response.content_type = "application/xml";
    request->response.caching = MT_CACHING_NO_CACHE;
    return status;
}
