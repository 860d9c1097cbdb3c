/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ASSET_H
#define MT_ASSET_H

#include "http/request.h"

/* An asset has contents that are the same for every client until httpd reads its configuration again. Its plain and its
 * compressed form are in memory. They do not change, so all threads can read them. */

/* One form of an asset. Its ETag is weak, because a filter of httpd may still change the bytes, and because another
 * version of zlib may compress the same content differently. */
typedef struct mt_asset_form_t {
    const char *data;
    apr_size_t len;
    const char *etag;
} mt_asset_form_t;

typedef struct mt_asset_t {
    const char *content_type;
    const char *version; /* fingerprint of the content */
    mt_asset_form_t plain;
    mt_asset_form_t gzip; /* data is NULL if the content is not text, or would not become smaller */
} mt_asset_t;

/* Makes an asset of data, which must live as long as pool. is_text: 1 if it is worth compressing. */
void mt_asset_make(apr_pool_t *pool, const char *data, apr_size_t len, const char *content_type, int is_text,
                   mt_asset_t *asset);

/* The same with the content of a file of at most 4 MiB. Returns NULL, or the message for the operator. */
const char *mt_asset_load(apr_pool_t *pool, const char *path, const char *content_type, int is_text, mt_asset_t *asset);

/* Answers with the form for this client and its ETag. If the query has the asset's version as v, caches may keep the
 * answer forever. Otherwise, they must revalidate it each time, usually with the result 304. Returns OK. */
int mt_asset_answer(mt_request_t *request, const mt_asset_t *asset);

#endif
