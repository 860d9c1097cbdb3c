/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/cache.h"

#include "core/cachetable.h"
#include "core/gzip.h"
#include "core/name.h"
#include "core/timestamp.h"
#include "http/counters.h"
#include "http/response.h"
#include "http/shared.h"

#include <apr_strings.h>
#include <http_log.h>
#include <sodium.h>

APLOG_USE_MODULE(minitwit);

/* The subject of answers with all users' messages. No username is empty. */
#define EVERYBODY ""

/* Bytes. A shorter answer fits into one packet without compression. */
#define GZIP_MIN 1024

/* Bytes. Compressed, a longer answer would hardly fit into the cache, and mod_deflate compresses it in pieces. */
#define GZIP_MAX (4 * MT_CACHETABLE_SLOT_SIZE)

/* The form of a stored answer. An answer is stored in the form in which it was sent. */
typedef enum form_t {
    PLAIN,
    GZIP
} form_t;

/* An answer that the cache does not have. mt_cache_find makes the claim, and mt_cache_keep stores the answer with it.
 */
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

    /* The revisions have separate memory, and exist even if no host uses the cache. During a reload, a change made by
     * an old child must end the answers that a new child stores, even if the reload changes the size of the cache. */
    apr_status_t rv =
        mt_shared_make(server, "mod_minitwit revisions", "", MT_CACHETABLE_REVISIONS_SIZE, &revisions, &is_new);
    if (rv != APR_SUCCESS)
        return rv;
    /* The answers of another generation may differ, for example because its templates have changed. */
    if (mt_config_enter_generation(server)) {
        rv = mt_shared_make(server, "mod_minitwit cache", "", size, &slots, &is_empty);
        /* The site works without a cache. */
        if (rv != APR_SUCCESS)
            ap_log_error(APLOG_MARK, APLOG_WARNING, rv, server,
                         "could not get %" APR_INT64_T_FMT
                         " MiB of shared memory for the cache, so no answers are cached: lower MinitwitCacheSize",
                         mt_config_get(server)->cache_size);
    }
    table = mt_cachetable_open(pconf, revisions, is_new, slots, size);
    return APR_SUCCESS;
}

/* Returns the revision's subject. Names with the same NFC may mean the same user, so they have one revision. */
static const char *get_subject(apr_pool_t *pool, const char *username)
{
    return username ? mt_name_normalize(pool, username) : EVERYBODY;
}

static void make_key(mt_buffer_t *key, const mt_request_t *request, const void *part, apr_size_t len)
{
    mt_buffer_init(key, request->pool, 128);
    *mt_buffer_extend(key, 1) = PLAIN;
    mt_buffer_append(key, (const char *)request->config->cache_id, sizeof(request->config->cache_id));
    mt_buffer_append(key, (const char *)&request->row, sizeof(request->row));
    mt_buffer_append(key, part, len);
    mt_buffer_append(key, request->mount, strlen(request->mount) + 1);
    if (request->argument)
        mt_buffer_append_text(key, request->argument);
    /* The route decides the number of arguments. A slash separates them, because no argument contains one. */
    if (request->argument2) {
        mt_buffer_append_text(key, "/");
        mt_buffer_append_text(key, request->argument2);
    }
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

/* Compresses the body if the client accepts gzip and the body is long enough. Returns the resulting form. */
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
    /* Weak, so that it stays valid when mod_deflate compresses an answer that the cache does not keep. */
    return apr_pstrcat(pool, "W/\"", hex, form == GZIP ? "-gzip\"" : "\"", NULL);
}

/* Sets the response's encoding and ETag for an answer that the cache keeps. */
static void label(mt_request_t *request, form_t form, const unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    mt_response_set_encoding(request, form == GZIP ? "gzip" : NULL);
    request->response.etag = format_etag(request->pool, tag, form);
}

/* Looks for the answer in the form for this client. If there is only a plain one, compresses it and stores the result
 * with the same age. */
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

int mt_cache_find(mt_request_t *request, const char *username, const void *part, apr_size_t len)
{
    mt_cache_claim_t *claim;

    if (!request->config->cache)
        return 0;
    claim = apr_palloc(request->pool, sizeof(*claim));
    make_key(&claim->key, request, part, len);
    claim->stamp.revision = mt_cachetable_revision(table, get_subject(request->pool, username));
    claim->stamp.made = mt_timestamp_monotonic();
    claim->wants_gzip = mt_response_wants_gzip(request);

    int is_found = find(request, claim);
    mt_counters_increment(MT_METRIC_CACHE_LOOKUPS, is_found ? MT_CACHE_HIT : MT_CACHE_MISS);
    if (!is_found)
        request->claim = claim;
    return is_found;
}

/* Stores the answer, unless it is too long. Returns 1 if the response has its final form, encoding and ETag. */
static int keep(mt_request_t *request, const unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    mt_cache_claim_t *claim = request->claim;

    if (!claim || request->response.body.len > (claim->wants_gzip ? GZIP_MAX : MT_CACHETABLE_SLOT_SIZE))
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

static void make_tag(const mt_request_t *request, unsigned char tag[MT_CACHETABLE_TAG_SIZE])
{
    const mt_buffer_t *body = &request->response.body;

    crypto_generichash(tag, MT_CACHETABLE_TAG_SIZE, (const unsigned char *)body->data, body->len, NULL, 0);
}

void mt_cache_tag_page(mt_request_t *request)
{
    unsigned char tag[MT_CACHETABLE_TAG_SIZE];

    make_tag(request, tag);
    request->response.etag = format_etag(request->pool, tag, PLAIN);
}

void mt_cache_keep_page(mt_request_t *request)
{
    unsigned char tag[MT_CACHETABLE_TAG_SIZE];

    make_tag(request, tag);
    if (!keep(request, tag))
        request->response.etag = format_etag(request->pool, tag, PLAIN);
}

void mt_cache_release(mt_request_t *request)
{
    request->claim = NULL;
}

void mt_cache_forget_user(apr_pool_t *pool, const char *username)
{
    mt_cachetable_raise(table, get_subject(pool, username));
}

void mt_cache_forget_pair(apr_pool_t *pool, const char *follower, const char *followee)
{
    if (follower)
        mt_cache_forget_user(pool, follower);
    if (followee)
        mt_cache_forget_user(pool, followee);
}

void mt_cache_forget(apr_pool_t *pool, const char *username)
{
    if (username)
        mt_cache_forget_user(pool, username);
    mt_cachetable_raise(table, EVERYBODY);
}

void mt_cache_forget_all(void)
{
    mt_cachetable_raise_all(table);
}
