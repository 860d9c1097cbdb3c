/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/exemplar.h"

#include "core/identifier.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(mt_exemplar_t) == MT_EXEMPLAR_WORDS * sizeof(apr_uint64_t), "words hold all bytes of it");
_Static_assert(sizeof(((mt_exemplar_t *)0)->id) > MT_EXEMPLAR_ID_MAX, "the longest id and its NUL fit");
/* Without lock-free atomics, libatomic would use locks that are private to each process. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share these numbers");

/* The key of SipHash may be public, because no attacker can choose the moment at which two writers use a slot. */
static apr_uint64_t make_checksum(const apr_uint64_t *words)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES];
    unsigned char bytes[crypto_shorthash_BYTES];
    apr_uint64_t checksum;

    crypto_shorthash(bytes, (const unsigned char *)words, sizeof(mt_exemplar_t), key);
    memcpy(&checksum, bytes, sizeof(checksum));
    return checksum;
}

void mt_exemplar_put(mt_exemplar_slot_t *slot, apr_int64_t now, apr_int64_t value, const char *id)
{
    apr_uint64_t changed = atomic_load_explicit(&slot->changed, memory_order_relaxed);
    apr_uint64_t words[MT_EXEMPLAR_WORDS];

    if (changed != 0 && now - (apr_int64_t)changed < MT_EXEMPLAR_INTERVAL)
        return;
    if (!id || strlen(id) > MT_EXEMPLAR_ID_MAX || !mt_identifier_is_valid(id))
        return;
    if (!atomic_compare_exchange_strong_explicit(&slot->changed, &changed, (apr_uint64_t)now, memory_order_relaxed,
                                                 memory_order_relaxed))
        return;
    mt_exemplar_t exemplar = { apr_time_now(), value, "" };
    memcpy(exemplar.id, id, strlen(id));
    memcpy(words, &exemplar, sizeof(words));
    for (apr_size_t i = 0; i < MT_EXEMPLAR_WORDS; i++)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&slot->checksum, make_checksum(words), memory_order_relaxed);
}

int mt_exemplar_get(const mt_exemplar_slot_t *slot, mt_exemplar_t *exemplar)
{
    apr_uint64_t words[MT_EXEMPLAR_WORDS];

    for (apr_size_t i = 0; i < MT_EXEMPLAR_WORDS; i++)
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    memcpy(exemplar, words, sizeof(words));
    if (exemplar->id[0] != '\0' && atomic_load_explicit(&slot->checksum, memory_order_relaxed) == make_checksum(words))
        return 1;
    exemplar->id[0] = '\0';
    return 0;
}
