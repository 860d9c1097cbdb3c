/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/login_throttle.h"

#include "core/buffer.h"
#include "core/name.h"
#include "http/counters.h"
#include "http/log.h"
#include "http/refusal.h"
#include "http/shared.h"

#include <apr_strings.h>
#include <http_log.h>
#include <sodium.h>
#include <stdatomic.h>
#include <time.h>

APLOG_USE_MODULE(minitwit);

/* The limits, relative to the directives. The burst is MinitwitLoginLimit multiplied by times, and the interval is
 * MinitwitLoginDelay divided by divisor. */
static const struct {
    apr_uint32_t times, divisor;
} scales[MT_LOGIN_THROTTLE_LIMITS] = {
    [MT_LOGIN_THROTTLE_PAIR] = { 1, 1 },
    [MT_LOGIN_THROTTLE_ACCOUNT] = { 10, 1 },
    [MT_LOGIN_THROTTLE_ADDRESS] = { 20, 5 },
    [MT_LOGIN_THROTTLE_NETWORK] = { 100, 25 },
};

static const char *const kinds[MT_LOGIN_THROTTLE_LIMITS] = {
    [MT_LOGIN_THROTTLE_PAIR] = "too many wrong passwords for one account from this address",
    [MT_LOGIN_THROTTLE_ACCOUNT] = "too many wrong passwords for one account from many addresses",
    [MT_LOGIN_THROTTLE_ADDRESS] = "too many wrong passwords from this address",
    [MT_LOGIN_THROTTLE_NETWORK] = "too many wrong passwords from the /48 network of this IPv6 address",
};

static const char *const stories[MT_LOGIN_THROTTLE_LIMITS] = {
    [MT_LOGIN_THROTTLE_PAIR] =
        "further attempts get 429 until the address pauses. The user may have forgotten the password. If this "
        "continues, somebody is guessing: block the address (\"Require not ip\", or a firewall)",
    [MT_LOGIN_THROTTLE_ACCOUNT] =
        "somebody is guessing, most recently from this address. Further attempts on the account get 429 until they "
        "stop for a while, except from addresses where the account has logged in before. In the access log, find the "
        "addresses that send POST /login, and block them",
    [MT_LOGIN_THROTTLE_ADDRESS] =
        "further attempts get 429 until the address (for IPv6, its /64 network) pauses. If it is the address of a "
        "proxy in front of httpd, configure mod_remoteip, so that its "
        "clients have their own addresses. Otherwise somebody is guessing: block the address (\"Require not ip\", or a "
        "firewall)",
    [MT_LOGIN_THROTTLE_NETWORK] =
        "somebody is guessing from many addresses of the network. Further attempts from it get 429 until they stop for "
        "a while. Block the network (\"Require not ip\", or a firewall)",
};

/* How long the module remembers that an account uses an address. */
#define KNOWN_TICKS (30 * 86400 * MT_THROTTLE_TICKS)

/* The table is set-associative: a key's hash selects a set, and the key may be in any slot of it. A slot changes by one
 * atomic exchange, so there is no lock that a killed child could leave behind. At most it leaves an attempt that counts
 * as a wrong password, until that is forgotten. */
#define SET_SIZE   8
#define LIMIT_SETS 8192
#define KNOWN_SETS 1024

typedef _Atomic mt_throttle_slot_t set_t[SET_SIZE];

typedef struct board_t {
    /* The secret key of the hash, so that an attacker cannot choose names that share a set. */
    unsigned char key[crypto_shorthash_KEYBYTES];
    set_t limits[LIMIT_SETS];
    /* A separate table, so that logins from many addresses cannot evict the counts. */
    set_t known[KNOWN_SETS];
} board_t;

/* Set in post_config, before child processes are made. */
static board_t *board;

apr_status_t mt_login_throttle_post_config(server_rec *server)
{
    void *memory;
    int is_new;
    apr_status_t rv = mt_shared_make(server, "mod_minitwit login throttle", "", sizeof(*board), &memory, &is_new);

    if (rv != APR_SUCCESS)
        return rv;
    board = memory;
    if (is_new)
        randombytes_buf(board->key, sizeof(board->key));
    return APR_SUCCESS;
}

/* Ticks of the monotonic clock, which is the same in all processes and cannot be set. */
static apr_uint32_t get_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_uint32_t)((apr_uint64_t)now.tv_sec * MT_THROTTLE_TICKS +
                          (apr_uint64_t)now.tv_nsec / (1000000000 / MT_THROTTLE_TICKS));
}

/* The part of the client's address that counts. */
typedef struct address_t {
    unsigned char bytes[MT_THROTTLE_NETWORK_SIZE];
    apr_size_t len;
} address_t;

/* The key of a slot. It contains the database, because sites with different databases have different accounts. It
 * contains the rule, because a count by one rule has no meaning for another. */
static apr_uint64_t make_hash(const mt_request_t *request, mt_login_throttle_limit_t limit,
                              const mt_throttle_rule_t *rule, const address_t *address, const char *username)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    const char kind = (char)limit;
    apr_uint64_t hash;
    mt_buffer_t text;

    mt_buffer_init(&text, request->pool, 256);
    mt_buffer_append(&text, &kind, 1);
    mt_buffer_append(&text, (const char *)rule, sizeof(*rule));
    mt_buffer_append(&text, request->config->dbd_params, strlen(request->config->dbd_params) + 1);
    if (limit != MT_LOGIN_THROTTLE_ACCOUNT) {
        const char len = limit == MT_LOGIN_THROTTLE_NETWORK ? MT_THROTTLE_SITE_SIZE : (char)address->len;
        mt_buffer_append(&text, &len, 1);
        mt_buffer_append(&text, (const char *)address->bytes, (apr_size_t)len);
    }
    if (limit <= MT_LOGIN_THROTTLE_ACCOUNT)
        mt_buffer_append_text(&text, username);
    crypto_shorthash(bytes, (const unsigned char *)mt_buffer_text(&text), text.len, board->key);
    memcpy(&hash, bytes, sizeof(hash));
    return hash;
}

static apr_uint32_t get_tag(apr_uint64_t hash)
{
    return mt_throttle_tag((apr_uint32_t)(hash >> 32));
}

static _Atomic mt_throttle_slot_t *find_limits(apr_uint64_t hash)
{
    return board->limits[hash % LIMIT_SETS];
}

/* Finds the slot for a hash in its set. *slot: its current value. */
static _Atomic mt_throttle_slot_t *find(_Atomic mt_throttle_slot_t *set, apr_uint64_t hash, apr_uint32_t now,
                                        mt_throttle_slot_t *slot)
{
    mt_throttle_slot_t slots[SET_SIZE];

    for (int i = 0; i < SET_SIZE; i++)
        slots[i] = atomic_load(&set[i]);
    int chosen = mt_throttle_choose(slots, SET_SIZE, get_tag(hash), now);
    *slot = slots[chosen];
    return &set[chosen];
}

/* Returns the ticks until an attempt is allowed, 0 if it is allowed now. */
static apr_uint32_t look(apr_uint64_t hash, const mt_throttle_rule_t *rule, apr_uint32_t now)
{
    mt_throttle_slot_t slot;

    find(find_limits(hash), hash, now, &slot);
    return mt_throttle_wait(slot, get_tag(hash), rule, now);
}

/* Counts an attempt if it is allowed, and returns 0. Otherwise returns the ticks until one is allowed. */
static apr_uint32_t charge(apr_uint64_t hash, const mt_throttle_rule_t *rule, apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(find_limits(hash), hash, now, &slot);
        apr_uint32_t wait = mt_throttle_wait(slot, get_tag(hash), rule, now);
        if (wait > 0)
            return wait;
        if (atomic_compare_exchange_strong(at, &slot, mt_throttle_charge(slot, get_tag(hash), rule, now)))
            return 0;
    }
}

static void refund(apr_uint64_t hash, const mt_throttle_rule_t *rule, apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(find_limits(hash), hash, now, &slot);
        mt_throttle_slot_t less = mt_throttle_refund(slot, get_tag(hash), rule, now);
        if (less == slot || atomic_compare_exchange_strong(at, &slot, less))
            return;
    }
}

static void forget(apr_uint64_t hash, apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(find_limits(hash), hash, now, &slot);
        if (!mt_throttle_is_known(slot, get_tag(hash), now) || atomic_compare_exchange_strong(at, &slot, 0))
            return;
    }
}

/* Marks the slot as refused. Returns 1 for the first refusal since the slot was last forgotten. */
static int note_refusal(apr_uint64_t hash, const mt_throttle_rule_t *rule, apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(find_limits(hash), hash, now, &slot);
        mt_throttle_slot_t refused = mt_throttle_refuse(slot, get_tag(hash), rule, now);
        if (refused == slot)
            return 0;
        if (atomic_compare_exchange_strong(at, &slot, refused))
            return !mt_throttle_is_marked(slot);
    }
}

static int is_known(apr_uint64_t hash, apr_uint32_t now)
{
    mt_throttle_slot_t slot;

    find(board->known[hash % KNOWN_SETS], hash, now, &slot);
    return mt_throttle_is_known(slot, get_tag(hash), now);
}

static void remember(apr_uint64_t hash, apr_uint32_t now)
{
    mt_throttle_slot_t slot;
    _Atomic mt_throttle_slot_t *at = find(board->known[hash % KNOWN_SETS], hash, now, &slot);

    /* If another thread has changed the slot in the meantime, the next login stores the address. */
    atomic_compare_exchange_strong(at, &slot, mt_throttle_remember(get_tag(hash), KNOWN_TICKS, now));
}

static void prepare(mt_request_t *request, const char *username, mt_login_attempt_t *attempt)
{
    const mt_config_t *config = request->config;
    address_t address = { .len = 0 };

    address.len = mt_throttle_network(request->r->useragent_ip, address.bytes);
    attempt->count = address.len == MT_THROTTLE_NETWORK_SIZE ? MT_LOGIN_THROTTLE_LIMITS : MT_LOGIN_THROTTLE_NETWORK;
    for (int i = 0; i < attempt->count; i++) {
        apr_int64_t interval = config->login_delay * MT_THROTTLE_TICKS / APR_USEC_PER_SEC / scales[i].divisor;

        attempt->rules[i].burst = (apr_uint32_t)config->login_limit * scales[i].times;
        attempt->rules[i].interval = interval > 0 ? (apr_uint32_t)interval : 1;
        attempt->hashes[i] = make_hash(request, (mt_login_throttle_limit_t)i, &attempt->rules[i], &address, username);
    }
}

static int refuse(mt_request_t *request, const mt_login_attempt_t *attempt, mt_login_throttle_limit_t limit,
                  apr_uint32_t wait, apr_uint32_t now)
{
    int seconds = (int)((wait + MT_THROTTLE_TICKS - 1) / MT_THROTTLE_TICKS);

    mt_counters_increment(MT_METRIC_THROTTLED,
                          limit >= MT_LOGIN_THROTTLE_ADDRESS ? MT_THROTTLE_ADDRESS : MT_THROTTLE_ACCOUNT);
    /* Do not log the name: a user may have typed the password there. */
    if (note_refusal(attempt->hashes[limit], &attempt->rules[limit], now))
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, kinds[limit], "%s: %s%s", kinds[limit], stories[limit],
                       mt_refusal_describe_proxy(request));
    mt_request_fail(request, HTTP_TOO_MANY_REQUESTS,
                    apr_psprintf(request->pool,
                                 "There were too many attempts to log in. Please try again in %d second%s.", seconds,
                                 seconds == 1 ? "" : "s"));
    apr_table_setn(request->r->headers_out, "Retry-After", apr_itoa(request->pool, seconds));
    return HTTP_TOO_MANY_REQUESTS;
}

int mt_login_throttle_begin(mt_request_t *request, const char *username, mt_login_attempt_t *attempt)
{
    apr_uint32_t now = get_now(), waits[MT_LOGIN_THROTTLE_LIMITS] = { 0 };
    int longest = MT_LOGIN_THROTTLE_PAIR;

    memset(attempt, 0, sizeof(*attempt));
    if (request->config->login_limit == 0)
        return OK;
    /* All spellings of a name count together, because they may mean the same user. */
    prepare(request, mt_name_normalize(request->pool, username), attempt);
    /* Attempts from other addresses must not lock out an account's owner, and one machine must not lock out its whole
     * network. Therefore, if the account has logged in from this address before, only the limit of the pair applies. */
    int count = is_known(attempt->hashes[MT_LOGIN_THROTTLE_PAIR], now) ? MT_LOGIN_THROTTLE_PAIR + 1 : attempt->count;
    for (int i = 0; i < count; i++) {
        waits[i] = look(attempt->hashes[i], &attempt->rules[i], now);
        if (waits[i] > waits[longest])
            longest = i;
    }
    /* A concurrent login may have taken the last allowed attempt since, so check again. */
    for (int i = 0; i < count && waits[longest] == 0; i++) {
        waits[i] = charge(attempt->hashes[i], &attempt->rules[i], now);
        if (waits[i] > 0)
            longest = i;
        else
            attempt->is_charged[i] = 1;
    }
    if (waits[longest] == 0)
        return OK;
    mt_login_throttle_cancel(attempt);
    return refuse(request, attempt, (mt_login_throttle_limit_t)longest, waits[longest], now);
}

void mt_login_throttle_cancel(const mt_login_attempt_t *attempt)
{
    apr_uint32_t now = get_now();

    for (int i = 0; i < MT_LOGIN_THROTTLE_LIMITS; i++) {
        if (attempt->is_charged[i])
            refund(attempt->hashes[i], &attempt->rules[i], now);
    }
}

void mt_login_throttle_succeed(const mt_login_attempt_t *attempt)
{
    apr_uint32_t now = get_now();

    if (!attempt->is_charged[MT_LOGIN_THROTTLE_PAIR])
        return;
    mt_login_throttle_cancel(attempt);
    forget(attempt->hashes[MT_LOGIN_THROTTLE_PAIR], now);
    remember(attempt->hashes[MT_LOGIN_THROTTLE_PAIR], now);
}
