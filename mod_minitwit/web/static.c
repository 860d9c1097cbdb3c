/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/asset.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

#define ROBOTS "robots.txt"

static int answer(mt_request_t *request, const char *name)
{
    const mt_asset_t *file = mt_web_site_file(request->config->site, name);

    return file ? mt_asset_answer(request, file) : mt_request_fail(request, HTTP_NOT_FOUND, "There is no such file.");
}

int mt_web_static_send(mt_request_t *request)
{
    return answer(request, request->argument);
}

int mt_web_static_send_favicon(mt_request_t *request)
{
    return answer(request, "favicon.ico");
}

int mt_web_static_send_manifest(mt_request_t *request)
{
    return answer(request, MT_WEB_STATIC_MANIFEST);
}

int mt_web_static_send_robots(mt_request_t *request)
{
    const mt_asset_t *file = mt_web_site_file(request->config->site, ROBOTS);
    mt_response_t *response = &request->response;

    if (!file || !request->config->indexing)
        return answer(request, ROBOTS);
    response->content_type = file->content_type;
    response->caching = MT_CACHING_NO_CACHE;
    mt_buffer_append(&response->body, file->plain.data, file->plain.len);
    mt_buffer_append_text(&response->body, apr_pstrcat(request->pool, "\nSitemap: ",
                                                       mt_web_page_absolute(request, "/-/sitemap.xml"), "\n", NULL));
    return OK;
}
