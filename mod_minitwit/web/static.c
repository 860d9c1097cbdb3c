/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/response.h"
#include "web/site.h"
#include "web/web.h"

#include <string.h>

static int fail_unknown(mt_request_t *request)
{
    return mt_request_fail(request, HTTP_NOT_FOUND, "There is no such file.");
}

/* Chooses the plain or the compressed form for this client. */
static const mt_site_content_t *negotiate(mt_request_t *request, const mt_site_file_t *file)
{
    if (!file->gzip.data)
        return &file->plain;
    int wants_gzip = mt_response_wants_gzip(request);
    mt_response_set_encoding(request, wants_gzip ? "gzip" : NULL);
    return wants_gzip ? &file->gzip : &file->plain;
}

/* Pages link to a URL with the version of the content, so caches may keep its answer for ever. For any other URL, they
 * must revalidate the answer each time, usually with the result 304. */
static int answer(mt_request_t *request, const char *name)
{
    const mt_site_file_t *file = mt_web_site_file(request->config->site, name);
    const char *version = mt_form_get(request->query, "v");
    mt_response_t *response = &request->response;

    if (!file)
        return fail_unknown(request);
    const mt_site_content_t *content = negotiate(request, file);
    response->content_type = file->content_type;
    response->etag = content->etag;
    response->caching = version && strcmp(version, file->version) == 0 ? MT_CACHING_IMMUTABLE : MT_CACHING_NO_CACHE;
    mt_buffer_init(&response->body, request->pool, content->len);
    mt_buffer_append(&response->body, content->data, content->len);
    return OK;
}

int mt_web_static_send(mt_request_t *request)
{
    return answer(request, request->argument);
}

int mt_web_static_send_favicon(mt_request_t *request)
{
    return answer(request, "favicon.ico");
}

int mt_web_static_send_robots(mt_request_t *request)
{
    return answer(request, "robots.txt");
}
