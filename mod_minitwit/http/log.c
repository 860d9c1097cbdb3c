/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/log.h"

#include "core/timestamp.h"
#include "http/shared.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

APLOG_USE_MODULE(minitwit);

#define INTERVAL 60 /* seconds between two messages of one kind */
/* In a flood, the next message states the number. Therefore the line with the number alone waits a little longer. */
#define SUMMARY_AFTER (INTERVAL + 10)

/* More than the kinds of messages of several hosts. */
#define SLOTS 512

/* One kind of one host. The process that sets the key then describes the slot, once. All other changes are single
 * atomic ones, so no process waits for another. If a process is killed before it has described a slot, the kind gets no
 * line with its number alone. */
typedef struct slot_t {
    _Atomic apr_uint64_t key; /* of host and kind; 0: the slot is free */
    /* The second of the last message, by the monotonic clock, in the upper half. The number of messages that were left
     * out since, in the lower half. 0: no message yet. */
    _Atomic apr_uint64_t window;
    _Atomic apr_uint32_t is_described; /* 1: the members below are set */
    apr_uint32_t host;                 /* see identify() */
    int level;
    char kind[MT_LOG_KIND_SIZE];
} slot_t;

typedef struct board_t {
    _Atomic apr_uint32_t left_out; /* 0: no slot has a number */
    slot_t slots[SLOTS];
} board_t;

/* Set in post_config, before child processes are made. */
static board_t *board;
static server_rec *hosts;
static pid_t parent;

static apr_uint32_t get_now(void)
{
    return (apr_uint32_t)apr_time_sec(mt_timestamp_monotonic()) + 1;
}

static apr_uint64_t make_window(apr_uint32_t second, apr_uint32_t left_out)
{
    return (apr_uint64_t)second << 32 | left_out;
}

/* Identifies a host in the same way after a reload, which makes new server_recs. */
static apr_uint32_t identify(const server_rec *server)
{
    apr_ssize_t len = APR_HASH_KEY_STRING;
    apr_uint32_t hash = server->defn_name ? apr_hashfunc_default(server->defn_name, &len) : 0;

    return hash * 33 + server->defn_line_number;
}

static server_rec *find_host(apr_uint32_t id)
{
    for (server_rec *server = hosts; server; server = server->next) {
        if (identify(server) == id)
            return server;
    }
    return hosts;
}

static apr_uint64_t make_key(apr_uint32_t host, const char *kind)
{
    static const unsigned char no_secret[crypto_shorthash_KEYBYTES];
    unsigned char bytes[crypto_shorthash_BYTES];
    apr_uint64_t key;

    crypto_shorthash(bytes, (const unsigned char *)kind, strlen(kind), no_secret);
    memcpy(&key, bytes, sizeof(key));
    return (key ^ host) | 1;
}

/* Finds the slot of a kind, or makes it. If none is free, the kind shares one with another. */
static slot_t *find_slot(apr_uint32_t host, const char *kind, int level)
{
    const apr_uint64_t key = make_key(host, kind);

    for (apr_uint64_t i = 0; i < SLOTS; i++) {
        slot_t *slot = &board->slots[(key / 2 + i) % SLOTS];
        apr_uint64_t found = 0;

        if (atomic_compare_exchange_strong(&slot->key, &found, key)) {
            slot->host = host;
            slot->level = level;
            apr_cpystrn(slot->kind, kind, sizeof(slot->kind));
            atomic_store(&slot->is_described, 1);
            return slot;
        }
        if (found == key)
            return slot;
    }
    return &board->slots[key / 2 % SLOTS];
}

/* Returns 1 if the log gets this message. Sets *left_out to the number of earlier messages that it did not get, in the
 * last *seconds. */
static int admit(slot_t *slot, apr_uint32_t *left_out, apr_uint32_t *seconds)
{
    apr_uint32_t now = get_now();
    apr_uint64_t window = atomic_load(&slot->window), next;
    int is_admitted;

    do {
        *left_out = (apr_uint32_t)window;
        *seconds = now - (apr_uint32_t)(window >> 32);
        is_admitted = window == 0 || *seconds >= INTERVAL;
        next = is_admitted ? make_window(now, 0) : window + (*left_out < APR_UINT32_MAX);
    } while (!atomic_compare_exchange_weak(&slot->window, &window, next));
    if (!is_admitted)
        atomic_store(&board->left_out, 1);
    return is_admitted;
}

void mt_log_request(const char *file, int line, int module, int level, apr_status_t status, request_rec *r,
                    const char *kind, const char *format, ...)
{
    apr_uint32_t left_out = 0, seconds = 0;
    va_list arguments;

    if (!APLOG_R_MODULE_IS_LEVEL(r, module, level & APLOG_LEVELMASK))
        return;
    if (!APLOG_R_MODULE_IS_LEVEL(r, module, APLOG_DEBUG) &&
        !admit(find_slot(identify(r->server), kind, level), &left_out, &seconds))
        return;
    va_start(arguments, format);
    const char *text = apr_pvsprintf(r->pool, format, arguments);
    va_end(arguments);
    if (left_out > 0)
        ap_log_rerror(file, line, module, level, status, r, "%s (left out: %u more like this in the last %u s)", text,
                      left_out, seconds);
    else
        ap_log_rerror(file, line, module, level, status, r, "%s", text);
}

/* Logs the numbers of the kinds whose last message is at least so many seconds old. Returns 1 if others remain. */
static int summarize(apr_uint32_t age)
{
    apr_uint32_t now = get_now();
    int has_more = 0;

    for (int i = 0; i < SLOTS; i++) {
        slot_t *slot = &board->slots[i];
        apr_uint64_t window = atomic_load(&slot->window);
        apr_uint32_t left_out = (apr_uint32_t)window, seconds = now - (apr_uint32_t)(window >> 32);

        if (left_out == 0 || !atomic_load(&slot->is_described))
            continue;
        /* The exchange fails if another message was left out, or if another process logs the number. */
        if (seconds >= age && atomic_compare_exchange_strong(&slot->window, &window, 0))
            ap_log_error(APLOG_MARK, slot->level, 0, find_host(slot->host),
                         "left out: %u message%s like \"%s\" in the last %u s", left_out, left_out == 1 ? "" : "s",
                         slot->kind, seconds > 0 ? seconds : 1);
        else
            has_more = 1;
    }
    return has_more;
}

void mt_log_summarize(void)
{
    static _Atomic apr_uint32_t looked_at;
    apr_uint32_t now, before;

    if (!atomic_load(&board->left_out))
        return;
    /* Each process looks once a second. */
    now = get_now();
    before = atomic_load(&looked_at);
    if (before == now || !atomic_compare_exchange_strong(&looked_at, &before, now))
        return;
    /* Reset the mark first: a message that is left out meanwhile sets it again. */
    atomic_store(&board->left_out, 0);
    if (summarize(SUMMARY_AFTER))
        atomic_store(&board->left_out, 1);
}

/* A child that exits also runs this cleanup, for its copy of the pool. */
static apr_status_t finish(void *data)
{
    (void)data;
    if (parent == getpid() && ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING)
        summarize(0);
    return APR_SUCCESS;
}

apr_status_t mt_log_post_config(apr_pool_t *pconf, server_rec *first)
{
    void *memory;
    int is_new;
    apr_status_t rv = mt_shared_make(first, "mod_minitwit log", "", sizeof(*board), &memory, &is_new);

    if (rv != APR_SUCCESS)
        return rv;
    board = memory;
    hosts = first;
    parent = getpid();
    apr_pool_cleanup_register(pconf, NULL, finish, apr_pool_cleanup_null);
    return APR_SUCCESS;
}
