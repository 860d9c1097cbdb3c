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
 * A time in the past means an empty bucket, so nothing has to be cleaned up. The slot also holds a tag that tells its
 * key from others. All functions are pure. */
typedef apr_uint64_t mt_throttle_slot_t;

/* Times are counted in ticks, from any moment, and may overflow: only what lies within MT_THROTTLE_SPAN_MAX of now
 * matters. */
#define MT_THROTTLE_TICKS    10 /* a second */
#define MT_THROTTLE_SPAN_MAX 0x7fffffff

typedef struct mt_throttle_rule_t {
    apr_uint32_t burst; /* tries at once: 1 or more */
    apr_uint32_t
        interval; /* ticks until there is one more: 1 or more; burst intervals are MT_THROTTLE_SPAN_MAX at most */
} mt_throttle_rule_t;

/* Tags have 31 bits, and are never 0, as that of a slot that was never used is. */
apr_uint32_t mt_throttle_tag(apr_uint32_t random);

/* Which of count slots is to be used for a tag: its own, or else the one that will be forgotten first. A slot with few
 * tries thus never drives out one with many. */
int mt_throttle_choose(const mt_throttle_slot_t *slots, int count, apr_uint32_t tag, apr_uint32_t now);

/* Ticks until one more try is free; 0: now. Never more than an interval. The slot may be another tag's: then 0. */
apr_uint32_t mt_throttle_wait(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                              apr_uint32_t now);

/* The slot after one more try, whether or not it was free: another tag's is taken over. */
mt_throttle_slot_t mt_throttle_charge(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);

/* The slot when one try is taken back. Another tag's stays as it is. */
mt_throttle_slot_t mt_throttle_refund(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);

/* The slot after a try that was refused: marked, until it is forgotten or taken over, and otherwise the same, unless
 * the rule has become milder or the clock was set back: then the wait that was told begins now. Another tag's stays as
 * it is. */
mt_throttle_slot_t mt_throttle_refuse(mt_throttle_slot_t slot, apr_uint32_t tag, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);
int mt_throttle_is_marked(mt_throttle_slot_t slot);

/* A slot that only remembers a tag for so many ticks, and whether it still does. */
mt_throttle_slot_t mt_throttle_remember(apr_uint32_t tag, apr_uint32_t ticks, apr_uint32_t now);
int mt_throttle_is_known(mt_throttle_slot_t slot, apr_uint32_t tag, apr_uint32_t now);

/* The bytes that stand for the network of an address in text form: all of an IPv4 address, also when it is written as
 * an IPv6 one (::ffff:192.0.2.1); the first 64 bits of an IPv6 address, which is what one subscriber gets. Returns how
 * many bytes; 0 for what is no address. */
#define MT_THROTTLE_NETWORK_SIZE 8
apr_size_t mt_throttle_network(const char *address, unsigned char network[MT_THROTTLE_NETWORK_SIZE]);

#endif
