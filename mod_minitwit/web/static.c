/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/site.h"
#include "web/web.h"

#include <string.h>

static int fail_unknown(mt_request_t *request)
{
    return mt_request_fail(request, HTTP_NOT_FOUND, "There is no such file.");
}

/* The URL that pages link to carries the version of the content, so it may be kept for ever; any other is asked for again
 * each time, and then mostly answered with 304. */
static int answer(mt_request_t *request, const char *name)
{
    const mt_site_file_t *file = mt_site_file(request->config->site, name);
    const char *version = mt_form_get(request->query, "v");
    mt_response_t *response = &request->response;

    if (!file)
        return fail_unknown(request);
    response->content_type = file->content_type;
    response->etag = file->etag;
    response->caching = version && strcmp(version, file->version) == 0 ? MT_CACHING_IMMUTABLE : MT_CACHING_NO_CACHE;
    mt_buffer_init(&response->body, request->pool, file->len);
    mt_buffer_append(&response->body, file->data, file->len);
    return OK;
}

int mt_static_send(mt_request_t *request)
{
    return answer(request, request->argument);
}

int mt_static_send_favicon(mt_request_t *request)
{
    return answer(request, "favicon.ico");
}

int mt_static_send_robots(mt_request_t *request)
{
    return answer(request, "robots.txt");
}
