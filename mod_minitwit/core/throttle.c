/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* From the highest bit: 31 bits of the tag, 1 bit of the mark, and 32 bits of the time until which its attempts count.
 */
#define TAG_MASK   0x7fffffffU
#define TAG_SHIFT  33
#define MARK       ((mt_throttle_slot_t)1 << 32)
#define UNTIL_MASK 0xffffffffU

static mt_throttle_slot_t pack(apr_uint32_t tag, mt_throttle_slot_t mark, apr_uint32_t until)
{
    return (mt_throttle_slot_t)tag << TAG_SHIFT | mark | until;
}

static apr_uint32_t get_tag(mt_throttle_slot_t slot)
{
    return (apr_uint32_t)(slot >> TAG_SHIFT);
}

/* Returns the ticks until the slot expires. */
static apr_uint32_t get_left(mt_throttle_slot_t slot, apr_uint32_t now)
{
    apr_uint32_t left = (apr_uint32_t)(slot & UNTIL_MASK) - now;
    return slot == 0 || left > MT_THROTTLE_SPAN_MAX ? 0 : left;
}

/* The same for a tag. The slot can have more ticks than the rule allows if the rule was changed or the clock was set
 * back. Then the rule's maximum counts. */
static apr_uint32_t get_backlog(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                apr_uint32_t now)
{
    apr_uint32_t most = rule->burst * rule->interval;
    apr_uint32_t left = get_tag(slot) == tag ? get_left(slot, now) : 0;
    return left < most ? left : most;
}

apr_uint32_t mt_throttle_tag(apr_uint32_t random)
{
    apr_uint32_t tag = random & TAG_MASK;
    return tag ? tag : 1;
}

int mt_throttle_choose(const mt_throttle_slot_t *slots, int count, apr_uint32_t tag, apr_uint32_t now)
{
    int first = 0;

    for (int i = 0; i < count; i++) {
        if (get_tag(slots[i]) == tag)
            return i;
        if (get_left(slots[i], now) < get_left(slots[first], now))
            first = i;
    }
    return first;
}

apr_uint32_t mt_throttle_wait(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                              apr_uint32_t now)
{
    apr_uint32_t backlog = get_backlog(slot, tag, rule, now);
    apr_uint32_t room = (rule->burst - 1) * rule->interval;
    return backlog > room ? backlog - room : 0;
}

mt_throttle_slot_t mt_throttle_charge(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now)
{
    apr_uint32_t backlog = get_backlog(slot, tag, rule, now);
    apr_uint32_t most = rule->burst * rule->interval;
    mt_throttle_slot_t mark = backlog > 0 ? slot & MARK : 0;

    backlog = most - backlog > rule->interval ? backlog + rule->interval : most;
    return pack(tag, mark, now + backlog);
}

mt_throttle_slot_t mt_throttle_refund(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now)
{
    apr_uint32_t backlog = get_backlog(slot, tag, rule, now);

    if (get_tag(slot) != tag)
        return slot;
    return backlog > rule->interval ? pack(tag, slot & MARK, now + backlog - rule->interval) : 0;
}

mt_throttle_slot_t mt_throttle_refuse(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now)
{
    return get_tag(slot) == tag ? pack(tag, MARK, now + get_backlog(slot, tag, rule, now)) : slot;
}

int mt_throttle_is_marked(mt_throttle_slot_t slot)
{
    return (slot & MARK) != 0;
}

mt_throttle_slot_t mt_throttle_remember(apr_uint32_t tag, apr_uint32_t ticks, apr_uint32_t now)
{
    return pack(tag, 0, now + ticks);
}

int mt_throttle_is_known(mt_throttle_slot_t slot, apr_uint32_t tag, apr_uint32_t now)
{
    return get_tag(slot) == tag && get_left(slot, now) > 0;
}

apr_size_t mt_throttle_network(const char *address, unsigned char network[MT_THROTTLE_NETWORK_SIZE])
{
    static const unsigned char mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    unsigned char bytes[sizeof(struct in6_addr)];
    char bare[INET6_ADDRSTRLEN];
    size_t len = strcspn(address, "%"); /* an interface's name may follow a link-local address */

    if (len >= sizeof(bare))
        return 0;
    memcpy(bare, address, len);
    bare[len] = '\0';
    if (inet_pton(AF_INET, bare, network) == 1)
        return sizeof(struct in_addr);
    if (inet_pton(AF_INET6, bare, bytes) != 1)
        return 0;
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        memcpy(network, bytes + sizeof(mapped), sizeof(struct in_addr));
        return sizeof(struct in_addr);
    }
    memcpy(network, bytes, MT_THROTTLE_NETWORK_SIZE);
    return MT_THROTTLE_NETWORK_SIZE;
}
