/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/throttle_table.h"

#include "http/shared.h"

#include <apr_strings.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

apr_status_t mt_throttle_table_make(server_rec *server, const char *name, apr_size_t size, void **memory)
{
    int is_new;
    apr_status_t rv = mt_shared_make(server, name, "", size, memory, &is_new);

    if (rv == APR_SUCCESS && is_new)
        randombytes_buf(*memory, sizeof(mt_throttle_secret_t));
    return rv;
}

apr_uint64_t mt_throttle_table_hash(const mt_throttle_secret_t *secret, const void *key, apr_size_t len)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    apr_uint64_t hash;

    crypto_shorthash(bytes, key, len, secret->bytes);
    memcpy(&hash, bytes, sizeof(hash));
    return hash;
}

apr_uint32_t mt_throttle_table_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_uint32_t)((apr_uint64_t)now.tv_sec * MT_THROTTLE_TICKS +
                          (apr_uint64_t)now.tv_nsec / (1000000000 / MT_THROTTLE_TICKS));
}

static apr_uint32_t get_tag(apr_uint64_t hash)
{
    return mt_throttle_tag((apr_uint32_t)(hash >> 32));
}

/* Finds the slot for a hash in its set. *slot: its current value. */
static _Atomic mt_throttle_slot_t *find(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t now,
                                        mt_throttle_slot_t *slot)
{
    _Atomic mt_throttle_slot_t *set = table.sets[hash % table.count];
    mt_throttle_slot_t slots[MT_THROTTLE_TABLE_SET_SIZE];

    for (int i = 0; i < MT_THROTTLE_TABLE_SET_SIZE; i++)
        slots[i] = atomic_load(&set[i]);
    int chosen = mt_throttle_choose(slots, MT_THROTTLE_TABLE_SET_SIZE, get_tag(hash), now);
    *slot = slots[chosen];
    return &set[chosen];
}

apr_uint32_t mt_throttle_table_look(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                                    apr_uint32_t now)
{
    mt_throttle_slot_t slot;

    find(table, hash, now, &slot);
    return mt_throttle_wait(slot, get_tag(hash), rule, now);
}

apr_uint32_t mt_throttle_table_charge(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(table, hash, now, &slot);
        apr_uint32_t wait = mt_throttle_wait(slot, get_tag(hash), rule, now);
        if (wait > 0)
            return wait;
        if (atomic_compare_exchange_strong(at, &slot, mt_throttle_charge(slot, get_tag(hash), rule, now)))
            return 0;
    }
}

void mt_throttle_table_refund(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                              apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(table, hash, now, &slot);
        mt_throttle_slot_t less = mt_throttle_refund(slot, get_tag(hash), rule, now);
        if (less == slot || atomic_compare_exchange_strong(at, &slot, less))
            return;
    }
}

void mt_throttle_table_forget(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(table, hash, now, &slot);
        if (!mt_throttle_is_known(slot, get_tag(hash), now) || atomic_compare_exchange_strong(at, &slot, 0))
            return;
    }
}

int mt_throttle_table_refuse(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                             apr_uint32_t now)
{
    for (;;) {
        mt_throttle_slot_t slot;
        _Atomic mt_throttle_slot_t *at = find(table, hash, now, &slot);
        mt_throttle_slot_t refused = mt_throttle_refuse(slot, get_tag(hash), rule, now);
        if (refused == slot)
            return 0;
        if (atomic_compare_exchange_strong(at, &slot, refused))
            return !mt_throttle_is_marked(slot);
    }
}

void mt_throttle_table_remember(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t ticks, apr_uint32_t now)
{
    mt_throttle_slot_t slot;
    _Atomic mt_throttle_slot_t *at = find(table, hash, now, &slot);

    atomic_compare_exchange_strong(at, &slot, mt_throttle_remember(get_tag(hash), ticks, now));
}

int mt_throttle_table_is_known(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t now)
{
    mt_throttle_slot_t slot;

    find(table, hash, now, &slot);
    return mt_throttle_is_known(slot, get_tag(hash), now);
}

int mt_throttle_table_answer(mt_request_t *request, const char *reason, apr_uint32_t ticks)
{
    int seconds = (int)((ticks + MT_THROTTLE_TICKS - 1) / MT_THROTTLE_TICKS);

    mt_request_fail(
        request, HTTP_TOO_MANY_REQUESTS,
        apr_psprintf(request->pool, "%s Please try again in %d second%s.", reason, seconds, seconds == 1 ? "" : "s"));
    apr_table_setn(request->r->headers_out, "Retry-After", apr_itoa(request->pool, seconds));
    return HTTP_TOO_MANY_REQUESTS;
}
