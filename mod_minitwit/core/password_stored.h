/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_STORED_H
#define MT_PASSWORD_STORED_H

#include "core/password_argon2id.h"
#include "core/password_speed.h"

#include <openssl/evp.h>

/* A stored hash, divided into its fields. Each family of hashes has a function that parses a hash into this struct:
 * mt_password_argon2_parse, mt_password_wrapped_parse and those of password_foreign.h. They return 0 if the hash has
 * another form. They compute nothing, so the cost can be estimated before a verification. */

#define MT_PASSWORD_KEY_MAX     64 /* bytes */
#define MT_PASSWORD_SALT_MAX    256
#define MT_PASSWORD_ROUNDS_MAX  6
#define MT_PASSWORD_LIBRARY_MAX 128

typedef struct mt_password_stored_t mt_password_stored_t;

/* Compares a password. Returns MT_PASSWORD_RIGHT, MT_PASSWORD_WRONG or MT_PASSWORD_FAILED. */
typedef mt_password_result_t (*mt_password_verify_fn)(const mt_password_stored_t *stored, apr_pool_t *pool,
                                                      const char *password);

typedef struct mt_password_salt_t {
    const unsigned char *bytes;
    apr_size_t len;
} mt_password_salt_t;

/* The parsers set verify, algorithm, work and memory. The other fields belong to the families. The struct refers to
 * itself and to the text of the hash, so it must not be copied. */
struct mt_password_stored_t {
    mt_password_verify_fn verify;
    mt_password_algorithm_t algorithm;
    double work;                                  /* of all attempts, in units of the algorithm */
    double memory;                                /* bytes */
    mt_password_cost_t cost;                      /* of Argon2id with one lane, else 0 */
    unsigned is_ours : 1;                         /* has the form of our own hashes */
    unsigned grows_with_len : 1;                  /* the work is in proportion to the password's length */
    const EVP_MD *digest;                         /* for PBKDF2, and for digests */
    unsigned long rounds[MT_PASSWORD_ROUNDS_MAX]; /* each is tried */
    int rounds_count;
    unsigned long n, r, p;       /* of scrypt; r and p also passes and lanes of Argon2, and n its kibibytes */
    mt_password_salt_t salts[2]; /* each is tried */
    int salts_count;
    unsigned char salt_bytes[MT_PASSWORD_SALT_MAX];
    unsigned char key[MT_PASSWORD_KEY_MAX];
    apr_size_t key_len;
    int preparation;                       /* of a password for crypt() */
    char library[MT_PASSWORD_LIBRARY_MAX]; /* the hash in the form that crypt() reads */
    const char *text;                      /* the hash in the form that libsodium reads */
};

/* The longest time of a verification, whether the hash is our own or not. MT_PASSWORD_MEMORY_MAX limits its memory. */
#define MT_PASSWORD_SECONDS_MAX 8

/* Returns 1 if a verification stays within the limits, for a password of len bytes. */
int mt_password_stored_is_affordable(const mt_password_stored_t *stored, const mt_password_speed_t *speed,
                                     apr_size_t len);

/* Splits "$SALT$KEY". *salt is not empty. Returns 0 if text has another form. */
int mt_password_stored_split(const char *text, const char **salt, apr_size_t *salt_len, const char **key);

/* Adds the text of a salt. If the text could also be hexadecimal, it adds the decoded bytes, too: some programs use the
 * text, and others decode it. */
void mt_password_stored_add_salts(mt_password_stored_t *stored, const char *salt, apr_size_t len);

/* Compares a computed key in constant time. derived is 1 if the library has computed it. Since the parameters have been
 * checked, it fails only for lack of memory. */
mt_password_result_t mt_password_stored_compare(const mt_password_stored_t *stored, int derived,
                                                const unsigned char *key);

#endif
