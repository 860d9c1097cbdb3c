/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/asset.h"

#include "core/file.h"
#include "core/gzip.h"
#include "http/response.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define FILE_SIZE_MAX    (4 * 1024 * 1024)
#define FINGERPRINT_SIZE 16 /* bytes; enough to distinguish all versions of a file */

void mt_asset_make(apr_pool_t *pool, const char *data, apr_size_t len, const char *content_type, int is_text,
                   mt_asset_t *asset)
{
    unsigned char hash[FINGERPRINT_SIZE];
    char *text = apr_palloc(pool, 2 * sizeof(hash) + 1);

    memset(asset, 0, sizeof(*asset));
    asset->content_type = content_type;
    asset->plain.data = data;
    asset->plain.len = len;
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)data, len, NULL, 0);
    asset->version = sodium_bin2hex(text, 2 * sizeof(hash) + 1, hash, sizeof(hash));
    asset->plain.etag = apr_pstrcat(pool, "W/\"", text, "\"", NULL);
    asset->gzip.etag = apr_pstrcat(pool, "W/\"", text, "-gzip\"", NULL);
    if (is_text)
        asset->gzip.data = mt_gzip_compress(pool, MT_GZIP_SMALLEST, data, len, &asset->gzip.len);
}

const char *mt_asset_load(apr_pool_t *pool, const char *path, const char *content_type, int is_text, mt_asset_t *asset)
{
    char *data, text[128];
    apr_size_t len;
    apr_status_t status = mt_file_read(pool, path, FILE_SIZE_MAX, &data, &len);

    if (status == APR_ENOSPC)
        return apr_psprintf(pool,
                            "%s: the file is larger than %d MiB, the limit for static files: move it to a folder that "
                            "httpd serves itself",
                            path, FILE_SIZE_MAX / (1024 * 1024));
    if (status)
        return apr_psprintf(pool, "%s: could not be read: %s", path, apr_strerror(status, text, sizeof(text)));
    mt_asset_make(pool, data, len, content_type, is_text, asset);
    return NULL;
}

/* Chooses the plain or the compressed form for this client. */
static const mt_asset_form_t *negotiate(mt_request_t *request, const mt_asset_t *asset)
{
    if (!asset->gzip.data)
        return &asset->plain;
    int wants_gzip = mt_response_wants_gzip(request);
    mt_response_set_encoding(request, wants_gzip ? "gzip" : NULL);
    return wants_gzip ? &asset->gzip : &asset->plain;
}

int mt_asset_answer(mt_request_t *request, const mt_asset_t *asset)
{
    const mt_asset_form_t *form = negotiate(request, asset);
    const char *version = mt_form_get(request->query, "v");
    mt_response_t *response = &request->response;

    response->content_type = asset->content_type;
    response->etag = form->etag;
    response->caching = version && strcmp(version, asset->version) == 0 ? MT_CACHING_IMMUTABLE : MT_CACHING_NO_CACHE;
    mt_buffer_init(&response->body, request->pool, form->len);
    mt_buffer_append(&response->body, form->data, form->len);
    return OK;
}
