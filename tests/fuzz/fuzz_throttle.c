/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/throttle.h"
#include "targets.h"

#include <string.h>

static void check_network(const char *address)
{
    unsigned char network[MT_THROTTLE_NETWORK_SIZE + 1];

    network[MT_THROTTLE_NETWORK_SIZE] = 0xa5;
    apr_size_t len = mt_throttle_network(address, network);
    fuzz_assert(len == 0 || len == 4 || len == MT_THROTTLE_NETWORK_SIZE);
    fuzz_assert(network[MT_THROTTLE_NETWORK_SIZE] == 0xa5);
    fuzz_assert(len == 0 || strpbrk(address, ".:"));
}

void fuzz_throttle(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_uint64_t numbers = fuzz_take_number(&input);
    mt_throttle_slot_t slot = fuzz_take_number(&input);
    apr_uint32_t now = (apr_uint32_t)fuzz_take_number(&input);
    apr_uint32_t tag = mt_throttle_tag((apr_uint32_t)numbers);
    mt_throttle_rule_t rule = { .burst = 1 + ((numbers >> 32) & 0xff), .interval = 1 + ((numbers >> 40) & 0xffff) };

    fuzz_assert(tag != 0 && tag >> 31 == 0);
    /* With any content of the slot, a wait is at most one interval, and a charged slot belongs to the tag. */
    fuzz_assert(mt_throttle_wait(slot, tag, &rule, now) <= rule.interval);
    mt_throttle_slot_t charged = mt_throttle_charge(slot, tag, &rule, now);
    fuzz_assert(mt_throttle_wait(charged, tag, &rule, now) <= rule.interval);
    fuzz_assert(mt_throttle_choose(&charged, 1, tag, now) == 0);
    fuzz_assert(mt_throttle_is_marked(mt_throttle_refuse(charged, tag, &rule, now)));
    mt_throttle_slot_t fresh = mt_throttle_charge(0, tag, &rule, now);
    fuzz_assert(rule.burst == 1 || mt_throttle_wait(fresh, tag, &rule, now) == 0);
    fuzz_assert(mt_throttle_wait(mt_throttle_refund(fresh, tag, &rule, now), tag, &rule, now) == 0);
    fuzz_assert(mt_throttle_is_known(mt_throttle_remember(tag, rule.interval, now), tag, now));
    check_network(fuzz_take_rest(pool, &input));
}
