/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_ARGON2ID_H
#define MT_PASSWORD_ARGON2ID_H

#include <apr_pools.h>

/* Argon2id hashes in libsodium's form "$argon2id$v=19$m=KIBIBYTES,t=PASSES,p=1$SALT$KEY": the form of new hashes. */

/* Most that a stored Argon2id hash may cost to verify; dearer ones are wrong, so no dearer ones may be made. */
#define MT_PASSWORD_MEMORY_MAX (1024UL * 1024 * 1024) /* bytes */
#define MT_PASSWORD_PASSES_MAX 20

/* What a hash costs unless somebody says otherwise: the least that OWASP advises. */
#define MT_PASSWORD_MEMORY_PRESET 19 /* MiB */
#define MT_PASSWORD_PASSES_PRESET 2

/* What a hash costs (Argon2id, one lane). */
typedef struct mt_password_cost_t {
    apr_size_t memory; /* bytes */
    unsigned passes;
} mt_password_cost_t;

typedef enum mt_password_result_t {
    MT_PASSWORD_WRONG,
    MT_PASSWORD_RIGHT,
    MT_PASSWORD_OUTDATED, /* right, but the hash is foreign or of another cost: replace it */
    MT_PASSWORD_FAILED    /* no memory: nothing is known */
} mt_password_result_t;

#define MT_PASSWORD_ARGON2ID "$argon2id$" /* the beginning of each hash */

/* Hashes a password. Returns NULL when memory is short. */
const char *mt_password_argon2id_make(apr_pool_t *pool, const char *password, const mt_password_cost_t *cost);

/* Compares in constant time. cost: the cost of new hashes, for MT_PASSWORD_OUTDATED. */
mt_password_result_t mt_password_argon2id_verify(const char *password, const char *hash,
                                                 const mt_password_cost_t *cost);

/* 1 for a hash of this form within the caps. */
int mt_password_argon2id_is_known(const char *hash);

#endif
