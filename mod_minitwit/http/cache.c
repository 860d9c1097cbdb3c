/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/cache.h"

#include "core/cachetable.h"
#include "core/gzip.h"
#include "core/timestamp.h"
#include "http/counters.h"
#include "http/response.h"
#include "http/shared.h"

#include <apr_strings.h>
#include <http_log.h>
#include <sodium.h>

APLOG_USE_MODULE(minitwit);

/* Subject of what shows everybody's messages: no username is empty. */
#define EVERYBODY ""

/* Bytes. What is shorter fits into one packet as it is. */
#define GZIP_MIN 1024

/* An answer is kept in the form in which it was sent. */
typedef enum form_t {
    PLAIN,
    GZIP
} form_t;

/* What was found out when an answer was looked for, for when it is there. */
typedef struct mt_cache_claim_t {
    mt_buffer_t key; /* begins with the form */
    mt_cachetable_stamp_t stamp;
    int wants_gzip;
} mt_cache_claim_t;

/* Set in post_config, before child processes are made. */
static mt_cachetable_t *table;

apr_status_t mt_cache_post_config(apr_pool_t *pconf, server_rec *server)
{
    apr_size_t size = (apr_size_t)mt_config_get(server)->cache_size * 1024 * 1024;
    void *revisions, *slots = NULL;
    int is_new, is_empty;

    /* Apart from the answers, and whether these are wanted or not: what a child of before a restart changes has to end
     * those that a child of after it keeps, also when the restart changed the size. */
    apr_status_t rv =
        mt_shared_make(server, "mod_minitwit revisions", "", MT_CACHETABLE_REVISIONS_SIZE, &revisions, &is_new);
    if (rv != APR_SUCCESS)
        return rv;
    /* Another generation may answer otherwise: its templates may be others. */
    if (mt_config_enter_generation(server)) {
        rv = mt_shared_make(server, "mod_minitwit cache", "", size, &slots, &is_empty);
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
    *mt_buffer_extend(key, 1) = PLAIN;
    mt_buffer_append(key, (const char *)request->config->cache_id, sizeof(request->config->cache_id));
    mt_buffer_append(key, (const char *)&request->row, sizeof(request->row));
    mt_buffer_append(key, (const char *)&part, sizeof(part));
    mt_buffer_append(key, request->mount, strlen(request->mount) + 1);
    if (request->argument)
        mt_buffer_append_text(key, request->argument);
}

static int get(mt_request_t *request, mt_cache_claim_t *claim, form_t form, mt_cachetable_stamp_t *stamp)
{
    *stamp = claim->stamp;
    stamp->made -= request->config->cache_lifetime;
    claim->key.data[0] = (char)form;
    return mt_cachetable_get(table, claim->key.data, claim->key.len, stamp, &request->response.body);
}

static void put(const mt_request_t *request, mt_cache_claim_t *claim, form_t form, const mt_cachetable_stamp_t *stamp)
{
    const mt_buffer_t *body = &request->response.body;

    claim->key.data[0] = (char)form;
    mt_cachetable_put(table, claim->key.data, claim->key.len, stamp, body->data, body->len);
}

/* Compresses the body, where the client wants that and it pays. Returns the form that the body has then. */
static form_t compress(mt_request_t *request, const mt_cache_claim_t *claim)
{
    mt_buffer_t *body = &request->response.body;
    apr_size_t len;

    if (!claim->wants_gzip || body->len < GZIP_MIN)
        return PLAIN;
    const char *compressed = mt_gzip_compress(request->pool, MT_GZIP_QUICK, body->data, body->len, &len);
    if (!compressed)
        return PLAIN;
    body->len = 0;
    mt_buffer_append(body, compressed, len);
    return GZIP;
}

static const char *format_etag(apr_pool_t *pool, const unsigned char tag[MT_CACHETABLE_TAG_SIZE], form_t form)
{
    char hex[MT_CACHETABLE_TAG_SIZE * 2 + 1];

    sodium_bin2hex(hex, sizeof(hex), tag, MT_CACHETABLE_TAG_SIZE);
    /* Weak, so that it also stands for what mod_deflate makes of an answer that is not kept. */
    return apr_pstrcat(pool, "W/\"", hex, form == GZIP ? "-gzip\"" : "\"", NULL);
}

/* What the response says of an answer that is kept in this form. */
static void label(mt_request_t *request, form_t form, const unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    mt_response_set_encoding(request, form == GZIP ? "gzip" : NULL);
    request->response.etag = format_etag(request->pool, tag, form);
}

/* The answer, in the form that the client wants; also made from the plain one, which then is as old as that. */
static int find(mt_request_t *request, mt_cache_claim_t *claim)
{
    form_t form = claim->wants_gzip ? GZIP : PLAIN;
    mt_cachetable_stamp_t stamp;

    if (!get(request, claim, form, &stamp)) {
        if (form == PLAIN || !get(request, claim, PLAIN, &stamp))
            return 0;
        form = compress(request, claim);
        if (form == GZIP)
            put(request, claim, GZIP, &stamp);
    }
    label(request, form, stamp.tag);
    return 1;
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
    claim->wants_gzip = mt_response_wants_gzip(request);

    int is_found = find(request, claim);
    mt_counters_increment(MT_METRIC_CACHE_LOOKUPS, is_found ? MT_CACHE_HIT : MT_CACHE_MISS);
    if (!is_found)
        request->claim = claim;
    return is_found;
}

/* Returns 1 when the answer is one to be kept; it then has its form, and says so. */
static int keep(mt_request_t *request, const unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    mt_cache_claim_t *claim = request->claim;

    if (!claim || request->response.body.len > MT_CACHETABLE_SLOT_SIZE)
        return 0;
    mt_cachetable_stamp_t stamp = claim->stamp;
    memcpy(stamp.tag, tag, sizeof(stamp.tag));
    form_t form = compress(request, claim);
    put(request, claim, form, &stamp);
    label(request, form, tag);
    return 1;
}

void mt_cache_keep(mt_request_t *request)
{
    static const unsigned char none[MT_CACHETABLE_TAG_SIZE];

    keep(request, none);
    request->response.etag = NULL;
}

void mt_cache_keep_page(mt_request_t *request)
{
    const mt_buffer_t *body = &request->response.body;
    unsigned char tag[MT_CACHETABLE_TAG_SIZE];

    crypto_generichash(tag, sizeof(tag), (const unsigned char *)body->data, body->len, NULL, 0);
    if (!keep(request, tag))
        request->response.etag = format_etag(request->pool, tag, PLAIN);
}

void mt_cache_release(mt_request_t *request)
{
    request->claim = NULL;
}

void mt_cache_forget(const char *username)
{
    mt_cachetable_raise(table, username);
    mt_cachetable_raise(table, EVERYBODY);
}
