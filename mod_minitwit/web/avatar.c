/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/avatar.h"
#include "web/web.h"

#include <apr_strings.h>
#include <string.h>

/* There are no image files. A name in the URL is an avatar id and this suffix, and the picture is drawn from the id. */
static const char suffix[] = ".svg";

int mt_web_avatar_send(mt_request_t *request)
{
    const apr_size_t id_len = MT_AVATAR_ID_SIZE - 1;
    const char *file = request->argument;
    mt_response_t *response = &request->response;

    if (strlen(file) != id_len + strlen(suffix) || strcmp(file + id_len, suffix) != 0 ||
        !mt_avatar_draw(&response->body, apr_pstrmemdup(request->pool, file, id_len)))
        return mt_request_fail(request, HTTP_NOT_FOUND, "There is no such picture.");
    response->content_type = "image/svg+xml";
    response->caching = MT_CACHING_IMMUTABLE;
    return OK;
}
