/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_THROTTLE_H
#define MT_THROTTLE_H

#include <apr.h>

/* The arithmetic of a token bucket in 64 bits, so that one atomic exchange changes it and it is never half written.
 *
 * A bucket allows a burst of attempts at once, and then one per interval. Instead of tokens, a slot stores the time
 * until which its attempts count. Each attempt moves this time by one interval. With a burst of 3:
 *
 *     now      now+1i    now+2i    now+3i
 *     |---------|---------|---------|
 *     |-- two attempts -->|         a third is allowed, because it ends no later than now + 3 intervals
 *     |-- three attempts ---------->|  a fourth must wait for one interval
 *
 * A time in the past means an empty bucket, so no cleanup is needed. The slot also contains a tag, which distinguishes
 * its key from others. All functions are pure. */
typedef apr_uint64_t mt_throttle_slot_t;

/* Times are in ticks since any fixed moment. They may overflow, because only the difference from now counts, which is
 * at most MT_THROTTLE_SPAN_MAX. */
#define MT_THROTTLE_TICKS    10 /* a second */
#define MT_THROTTLE_SPAN_MAX 0x7fffffff

typedef struct mt_throttle_rule_t {
    apr_uint32_t burst;    /* attempts at once, at least 1 */
    apr_uint32_t interval; /* ticks per further attempt, at least 1; burst * interval <= MT_THROTTLE_SPAN_MAX */
} mt_throttle_rule_t;

/* Makes a tag from a random number. A tag has 31 bits and is never 0, because 0 marks an unused slot. */
apr_uint32_t mt_throttle_tag(apr_uint32_t random);

/* Returns the index of the slot for a tag: its own, or else the slot that expires first. So a tag with few attempts is
 * evicted before one with many. */
int mt_throttle_choose(const mt_throttle_slot_t *slots, int count, apr_uint32_t tag, apr_uint32_t now);

/* Returns the ticks until the next attempt is allowed, at most one interval. It is 0 for now, and for another tag's
 * slot. */
apr_uint32_t mt_throttle_wait(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                              apr_uint32_t now);

/* Returns the slot after one more attempt, whether or not it was allowed. Replaces another tag's slot. */
mt_throttle_slot_t mt_throttle_charge(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);

/* Returns the slot without one attempt. Another tag's slot stays the same. */
mt_throttle_slot_t mt_throttle_refund(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);

/* Returns the slot after a refused attempt. It is marked until it expires or another tag replaces it. Otherwise it
 * stays the same, except if the rule has become milder or the clock was set back: then the time of the slot is reduced
 * to the rule's maximum, so that the client's wait begins now. Another tag's slot stays the same. */
mt_throttle_slot_t mt_throttle_refuse(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);
int mt_throttle_is_marked(mt_throttle_slot_t slot);

/* A slot can also just remember a tag for a number of ticks. The second function returns 1 while it does. */
mt_throttle_slot_t mt_throttle_remember(apr_uint32_t tag, apr_uint32_t ticks, apr_uint32_t now);
int mt_throttle_is_known(mt_throttle_slot_t slot, apr_uint32_t tag, apr_uint32_t now);

/* Sets network to the bytes that identify the client's network: all four of an IPv4 address, also if it is written as
 * an IPv6 address (::ffff:192.0.2.1), or the first eight of an IPv6 address, because a subscriber usually has a whole
 * /64. Returns the number of bytes, or 0 if the text is not an address. */
#define MT_THROTTLE_NETWORK_SIZE 8
/* The first bytes of an IPv6 address that identify a whole site: providers give up to a /48 to one customer, who can
 * then choose among 65,536 networks of the size above (RFC 6177). */
#define MT_THROTTLE_SITE_SIZE 6
apr_size_t mt_throttle_network(const char *address, unsigned char network[MT_THROTTLE_NETWORK_SIZE]);

#endif
