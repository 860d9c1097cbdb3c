/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/cache.h"

#include "core/cachetable.h"
#include "core/timestamp.h"
#include "http/counters.h"
#include "http/shared.h"

#include <apr_strings.h>
#include <http_log.h>
#include <sodium.h>

APLOG_USE_MODULE(minitwit);

/* Subject of what shows everybody's messages: no username is empty. */
#define EVERYBODY ""

/* What was found out when an answer was looked for, for when it is there. */
typedef struct mt_cache_claim_t {
    mt_buffer_t key;
    mt_cachetable_stamp_t stamp;
} mt_cache_claim_t;

/* Set in post_config, before child processes are made. */
static mt_cachetable_t *table;

apr_status_t mt_cache_post_config(apr_pool_t *pconf, server_rec *server)
{
    apr_size_t size = (apr_size_t)mt_config_get(server)->cache_size * 1024 * 1024;
    void *revisions, *slots = NULL;
    int is_new, is_empty;

    /* Apart from the answers, and whether these are wanted or not: what a child of before a restart changes has to end those that a
     * child of after it keeps, also when the restart changed the size. */
    apr_status_t rv =
        mt_shared_make(server, "mod_minitwit revisions", MT_VERSION, MT_CACHETABLE_REVISIONS_SIZE, &revisions, &is_new);
    if (rv != APR_SUCCESS)
        return rv;
    /* Another generation may answer otherwise: its templates may be others. */
    if (mt_config_enter_generation(server)) {
        rv = mt_shared_make(server, "mod_minitwit cache", MT_VERSION, size, &slots, &is_empty);
        /* The site works without. */
        if (rv != APR_SUCCESS)
            ap_log_error(APLOG_MARK, APLOG_WARNING, rv, server,
                         "no shared memory of %" APR_INT64_T_FMT
                         " MiB for rendered answers, so that every one is made anew: lower MinitwitCacheSize",
                         mt_config_get(server)->cache_size);
    }
    table = mt_cachetable_open(pconf, revisions, is_new, slots, size);
    return APR_SUCCESS;
}

static void make_key(mt_buffer_t *key, const mt_request_t *request, apr_int64_t part)
{
    mt_buffer_init(key, request->pool, 128);
    mt_buffer_append(key, (const char *)request->config->cache_id, sizeof(request->config->cache_id));
    mt_buffer_append(key, (const char *)&request->row, sizeof(request->row));
    mt_buffer_append(key, (const char *)&part, sizeof(part));
    mt_buffer_append(key, request->mount, strlen(request->mount) + 1);
    if (request->argument)
        mt_buffer_append_text(key, request->argument);
}

static const char *format_etag(apr_pool_t *pool, const unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    char hex[MT_CACHETABLE_TAG_SIZE * 2 + 1];

    sodium_bin2hex(hex, sizeof(hex), tag, MT_CACHETABLE_TAG_SIZE);
    /* Weak, so that it also stands for what mod_deflate makes of the answer. */
    return apr_pstrcat(pool, "W/\"", hex, "\"", NULL);
}

int mt_cache_find(mt_request_t *request, const char *username, apr_int64_t part)
{
    mt_cache_claim_t *claim;

    if (!request->config->cache)
        return 0;
    claim = apr_palloc(request->pool, sizeof(*claim));
    make_key(&claim->key, request, part);
    claim->stamp.revision = mt_cachetable_revision(table, username ? username : EVERYBODY);
    claim->stamp.made = mt_timestamp_monotonic();

    mt_cachetable_stamp_t stamp = claim->stamp;
    stamp.made -= request->config->cache_lifetime;
    int is_found = mt_cachetable_get(table, claim->key.data, claim->key.len, &stamp, &request->response.body);
    mt_counters_increment(MT_METRIC_CACHE_LOOKUPS, is_found ? MT_CACHE_HIT : MT_CACHE_MISS);
    if (is_found)
        request->response.etag = format_etag(request->pool, stamp.tag);
    else
        request->claim = claim;
    return is_found;
}

static void put(const mt_request_t *request, const unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    const mt_buffer_t *body = &request->response.body;
    const mt_cache_claim_t *claim = request->claim;

    if (!claim)
        return;
    mt_cachetable_stamp_t stamp = claim->stamp;
    memcpy(stamp.tag, tag, sizeof(stamp.tag));
    mt_cachetable_put(table, claim->key.data, claim->key.len, &stamp, body->data, body->len);
}

void mt_cache_keep(mt_request_t *request)
{
    static const unsigned char none[MT_CACHETABLE_TAG_SIZE];

    put(request, none);
}

void mt_cache_keep_page(mt_request_t *request)
{
    const mt_buffer_t *body = &request->response.body;
    unsigned char tag[MT_CACHETABLE_TAG_SIZE];

    crypto_generichash(tag, sizeof(tag), (const unsigned char *)body->data, body->len, NULL, 0);
    request->response.etag = format_etag(request->pool, tag);
    put(request, tag);
}

void mt_cache_forget(const char *username)
{
    mt_cachetable_raise(table, username);
    mt_cachetable_raise(table, EVERYBODY);
}
