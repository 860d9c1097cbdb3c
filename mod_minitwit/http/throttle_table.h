/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_THROTTLE_TABLE_H
#define MT_THROTTLE_TABLE_H

#include "core/throttle.h"
#include "http/request.h"

#include <httpd.h>
#include <sodium.h>

/* A table of slots (core/throttle.h) in shared memory. It is set-associative: a key's hash selects a set, and the key
 * may be in any slot of it. A slot changes by one atomic exchange. So there is no lock that a killed child could leave
 * behind. Such a child leaves at most one counted attempt, until that attempt is forgotten. The memory is all 0 at
 * first. */

#define MT_THROTTLE_TABLE_SET_SIZE 8

typedef _Atomic mt_throttle_slot_t mt_throttle_set_t[MT_THROTTLE_TABLE_SET_SIZE];

typedef struct mt_throttle_table_t {
    mt_throttle_set_t *sets;
    apr_size_t count;
} mt_throttle_table_t;

/* The secret of the hashes, so that an attacker cannot choose keys that share a set. */
typedef struct mt_throttle_secret_t {
    unsigned char bytes[crypto_shorthash_KEYBYTES];
} mt_throttle_secret_t;

/* Makes shared memory for tables, as mt_shared_make does. It begins with a secret. Call it in post_config. */
apr_status_t mt_throttle_table_make(server_rec *server, const char *name, apr_size_t size, void **memory);

/* Returns the hash of a key. */
apr_uint64_t mt_throttle_table_hash(const mt_throttle_secret_t *secret, const void *key, apr_size_t len);

/* Returns the ticks of the monotonic clock, which is the same in all processes and cannot be set. */
apr_uint32_t mt_throttle_table_now(void);

/* In the functions below, hash is that of the key. */

/* Returns the ticks until an attempt is allowed, 0 if it is allowed now. */
apr_uint32_t mt_throttle_table_look(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                                    apr_uint32_t now);

/* Counts an attempt if it is allowed, and returns 0. Otherwise returns the ticks until one is allowed. */
apr_uint32_t mt_throttle_table_charge(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                                      apr_uint32_t now);

/* Takes an attempt back. */
void mt_throttle_table_refund(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                              apr_uint32_t now);

void mt_throttle_table_forget(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t now);

/* Marks the slot as refused. Returns 1 for the first refusal since the slot was last forgotten. */
int mt_throttle_table_refuse(mt_throttle_table_t table, apr_uint64_t hash, const mt_throttle_rule_t *rule,
                             apr_uint32_t now);

/* Remembers a key for this number of ticks. If another thread changes the slot meanwhile, this call stores nothing, but
 * a later one does. */
void mt_throttle_table_remember(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t ticks, apr_uint32_t now);
int mt_throttle_table_is_known(mt_throttle_table_t table, apr_uint64_t hash, apr_uint32_t now);

/* Fails the request with 429 and Retry-After. reason: a sentence. ticks: the time until the next attempt is allowed
 * (core/throttle.h). */
int mt_throttle_table_answer(mt_request_t *request, const char *reason, apr_uint32_t ticks);

#endif
