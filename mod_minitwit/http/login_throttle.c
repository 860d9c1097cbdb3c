/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/login_throttle.h"

#include "core/buffer.h"
#include "core/name.h"
#include "http/counters.h"
#include "http/log.h"
#include "http/refusal.h"
#include "http/throttle_table.h"

#include <http_log.h>
#include <string.h>

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

#define LIMIT_SETS 8192
#define KNOWN_SETS 1024

typedef struct board_t {
    mt_throttle_secret_t secret; /* the first, for mt_throttle_table_make */
    mt_throttle_set_t limits[LIMIT_SETS];
    /* A separate table, so that logins from many addresses cannot evict the counts. */
    mt_throttle_set_t known[KNOWN_SETS];
} board_t;

/* Set in post_config, before child processes are made. */
static board_t *board;

apr_status_t mt_login_throttle_post_config(server_rec *server)
{
    void *memory = NULL;
    apr_status_t rv = mt_throttle_table_make(server, "mod_minitwit login throttle", sizeof(*board), &memory);

    board = memory;
    return rv;
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
    const char kind = (char)limit;
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
    return mt_throttle_table_hash(&board->secret, mt_buffer_text(&text), text.len);
}

static mt_throttle_table_t get_limits(void)
{
    return (mt_throttle_table_t){ board->limits, LIMIT_SETS };
}

static mt_throttle_table_t get_known(void)
{
    return (mt_throttle_table_t){ board->known, KNOWN_SETS };
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
    mt_counters_increment(MT_METRIC_THROTTLED,
                          limit >= MT_LOGIN_THROTTLE_ADDRESS ? MT_THROTTLE_ADDRESS : MT_THROTTLE_ACCOUNT);
    /* Do not log the name: a user may have typed the password there. */
    if (mt_throttle_table_refuse(get_limits(), attempt->hashes[limit], &attempt->rules[limit], now))
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, kinds[limit], "%s: %s%s", kinds[limit], stories[limit],
                       mt_refusal_describe_proxy(request));
    return mt_throttle_table_answer(request, "There were too many attempts to log in.", wait);
}

int mt_login_throttle_begin(mt_request_t *request, const char *username, mt_login_attempt_t *attempt)
{
    apr_uint32_t now = mt_throttle_table_now(), waits[MT_LOGIN_THROTTLE_LIMITS] = { 0 };
    int longest = MT_LOGIN_THROTTLE_PAIR;

    memset(attempt, 0, sizeof(*attempt));
    if (request->config->login_limit == 0)
        return OK;
    /* All spellings of a name count together, because they may mean the same user. */
    prepare(request, mt_name_normalize(request->pool, username), attempt);
    /* Attempts from other addresses must not lock out an account's owner, and one machine must not lock out its whole
     * network. Therefore, if the account has logged in from this address before, only the limit of the pair applies. */
    int count = mt_throttle_table_is_known(get_known(), attempt->hashes[MT_LOGIN_THROTTLE_PAIR], now)
                    ? MT_LOGIN_THROTTLE_PAIR + 1
                    : attempt->count;
    for (int i = 0; i < count; i++) {
        waits[i] = mt_throttle_table_look(get_limits(), attempt->hashes[i], &attempt->rules[i], now);
        if (waits[i] > waits[longest])
            longest = i;
    }
    /* A concurrent login may have taken the last allowed attempt since, so check again. */
    for (int i = 0; i < count && waits[longest] == 0; i++) {
        waits[i] = mt_throttle_table_charge(get_limits(), attempt->hashes[i], &attempt->rules[i], now);
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
    apr_uint32_t now = mt_throttle_table_now();

    for (int i = 0; i < MT_LOGIN_THROTTLE_LIMITS; i++) {
        if (attempt->is_charged[i])
            mt_throttle_table_refund(get_limits(), attempt->hashes[i], &attempt->rules[i], now);
    }
}

void mt_login_throttle_succeed(const mt_login_attempt_t *attempt)
{
    apr_uint32_t now = mt_throttle_table_now();

    if (!attempt->is_charged[MT_LOGIN_THROTTLE_PAIR])
        return;
    mt_login_throttle_cancel(attempt);
    mt_throttle_table_forget(get_limits(), attempt->hashes[MT_LOGIN_THROTTLE_PAIR], now);
    mt_throttle_table_remember(get_known(), attempt->hashes[MT_LOGIN_THROTTLE_PAIR], KNOWN_TICKS, now);
}
