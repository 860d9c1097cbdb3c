/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_SPEED_H
#define MT_PASSWORD_SPEED_H

/* The speed of this machine, from which the time of a verification is estimated before it begins. */

/* The algorithms, each with its unit of work. */
typedef enum mt_password_algorithm_t {
    MT_PASSWORD_PBKDF2_SHA1,   /* an iteration for one block of the key; also for MD5 */
    MT_PASSWORD_PBKDF2_SHA256, /* the same; also for SHA-224 */
    MT_PASSWORD_PBKDF2_SHA512, /* the same; also for SHA-384 */
    MT_PASSWORD_SCRYPT,        /* a byte of 128 * N * r * p */
    MT_PASSWORD_ARGON2,        /* a kibibyte of memory in one pass */
    MT_PASSWORD_BCRYPT,        /* one of the 2^cost rounds */
    MT_PASSWORD_SHA256_CRYPT,  /* a round, for a password of a few characters */
    MT_PASSWORD_SHA512_CRYPT,  /* the same */
    MT_PASSWORD_ALGORITHMS
} mt_password_algorithm_t;

typedef struct mt_password_speed_t {
    double per_second[MT_PASSWORD_ALGORITHMS]; /* units of work in a second of processor time */
} mt_password_speed_t;

/* Measures all speeds. This takes about a tenth of a second and 16 MiB. The speed of an algorithm that fails, for lack
 * of memory, is 0. */
void mt_password_speed_measure(mt_password_speed_t *speed);

#endif
