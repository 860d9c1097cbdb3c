/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_ARGON2ID_H
#define MT_PASSWORD_ARGON2ID_H

#include <apr_pools.h>

/* Argon2id hashes in libsodium's form "$argon2id$v=19$m=KIBIBYTES,t=PASSES,p=1$SALT$KEY". All new hashes have this
 * form. */

/* Limits for verifying a stored hash. A hash above them counts as wrong, so new hashes must be within them, too. */
#define MT_PASSWORD_MEMORY_MAX (1024UL * 1024 * 1024) /* bytes */
#define MT_PASSWORD_PASSES_MAX 20

/* The default cost of a new hash: the minimum that OWASP recommends. */
#define MT_PASSWORD_MEMORY_PRESET 19 /* MiB */
#define MT_PASSWORD_PASSES_PRESET 2

/* The cost of a hash (Argon2id with one lane). */
typedef struct mt_password_cost_t {
    apr_size_t memory; /* bytes */
    unsigned passes;
} mt_password_cost_t;

typedef enum mt_password_result_t {
    MT_PASSWORD_WRONG,
    MT_PASSWORD_RIGHT,
    MT_PASSWORD_OUTDATED, /* right, but the hash is foreign or has another cost: replace it */
    MT_PASSWORD_FAILED    /* out of memory: the result is unknown */
} mt_password_result_t;

#define MT_PASSWORD_ARGON2ID "$argon2id$" /* the beginning of each hash */

/* Hashes a password. Returns the hash in pool, or NULL if there is not enough memory. */
const char *mt_password_argon2id_make(apr_pool_t *pool, const char *password, const mt_password_cost_t *cost);

/* Compares in constant time. cost is the cost of new hashes. A right hash with another cost is MT_PASSWORD_OUTDATED. */
mt_password_result_t mt_password_argon2id_verify(const char *password, const char *hash,
                                                 const mt_password_cost_t *cost);

/* Returns 1 for a hash of this form within the limits. */
int mt_password_argon2id_is_known(const char *hash);

/* Returns 1 for a hash of this form with at most this memory and these passes. */
int mt_password_argon2id_is_within(const char *hash, const mt_password_cost_t *cost);

#endif
