/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/search_throttle.h"

#include "http/counters.h"
#include "http/log.h"
#include "http/refusal.h"
#include "http/throttle_table.h"

#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(minitwit);

#define SETS         2048
#define MINUTE_TICKS (60 * MT_THROTTLE_TICKS)

typedef struct board_t {
    mt_throttle_secret_t secret; /* the first, for mt_throttle_table_make */
    mt_throttle_set_t sets[SETS];
} board_t;

/* Set in post_config, before child processes are made. */
static board_t *board;

apr_status_t mt_search_throttle_post_config(server_rec *server)
{
    void *memory = NULL;
    apr_status_t rv = mt_throttle_table_make(server, "mod_minitwit search throttle", sizeof(*board), &memory);

    board = memory;
    return rv;
}

/* The key contains the rule, because a count under one rule has no meaning under another. */
static apr_uint64_t make_hash(const mt_request_t *request, const mt_throttle_rule_t *rule)
{
    unsigned char text[sizeof(*rule) + MT_THROTTLE_NETWORK_SIZE];

    memcpy(text, rule, sizeof(*rule));
    apr_size_t len = mt_throttle_network(request->r->useragent_ip, text + sizeof(*rule));
    return mt_throttle_table_hash(&board->secret, text, sizeof(*rule) + len);
}

int mt_search_throttle_charge(mt_request_t *request)
{
    static const char kind[] = "too many searches from this address";
    mt_throttle_table_t table = { board->sets, SETS };
    apr_uint32_t limit = (apr_uint32_t)request->config->search_limit, now = mt_throttle_table_now();

    if (limit == 0)
        return OK;
    mt_throttle_rule_t rule = { limit, limit < MINUTE_TICKS ? MINUTE_TICKS / limit : 1 };
    apr_uint64_t hash = make_hash(request, &rule);
    apr_uint32_t wait = mt_throttle_table_charge(table, hash, &rule, now);
    if (wait == 0)
        return OK;
    mt_counters_increment(MT_METRIC_THROTTLED, MT_THROTTLE_SEARCH);
    if (mt_throttle_table_refuse(table, hash, &rule, now))
        mt_log_request(
            APLOG_MARK, APLOG_WARNING, 0, request->r, kind,
            "%s: further searches get 429 until the address (for IPv6, its /64 network) pauses. If it is the "
            "address of a proxy in front of httpd, configure mod_remoteip, so that its clients have their "
            "own addresses. If many users share the address, raise MinitwitSearchLimit%s",
            kind, mt_refusal_describe_proxy(request));
    return mt_throttle_table_answer(request, "There were too many searches.", wait);
}
