/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_ARGON2ID_H
#define MT_PASSWORD_ARGON2ID_H

#include <apr_pools.h>

/* Argon2id hashes in libsodium's form "$argon2id$v=19$m=KIBIBYTES,t=PASSES,p=1$SALT$KEY". All new hashes have this
 * form. password_argon2.h verifies them, and other hashes of Argon2. */

/* The largest memory of a hash, also of one made by another program. */
#define MT_PASSWORD_MEMORY_MAX 256 /* MiB */

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

#endif
