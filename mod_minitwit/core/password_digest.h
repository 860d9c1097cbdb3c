/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_DIGEST_H
#define MT_PASSWORD_DIGEST_H

#include <openssl/evp.h>
#include <stddef.h>

/* A digest of a password, or of a password and a salt: one step, which an attacker can repeat quickly. */

#define MT_PASSWORD_DIGEST_MAX  64                               /* bytes */
#define MT_PASSWORD_DIGEST_SIZE (2 * MT_PASSWORD_DIGEST_MAX + 1) /* of its hexadecimal text, with the NUL */
#define MT_PASSWORD_DIGEST_WAYS 2

typedef struct mt_password_digest_t {
    const char *name; /* as Werkzeug writes it */
    const EVP_MD *(*function)(void);
    size_t size; /* bytes */
} mt_password_digest_t;

/* Find a digest by its name at the beginning of a text, which must continue with end, or by the length of a digest in
 * hexadecimal, in upper or lower case. They return NULL for any other text. */
const mt_password_digest_t *mt_password_digest_by_name(const char *text, char end);
const mt_password_digest_t *mt_password_digest_by_hex(const char *hex);

/* Parses "NAME$SALT$HEX". The text is not NUL-terminated at the end of the salt. Returns NULL for any other form. The
 * salt may be empty. */
const mt_password_digest_t *mt_password_digest_split(const char *hash, const char **salt, size_t *salt_len,
                                                     const char **hex);

/* Computes the digest in each way in which programs do. Without a salt, there is only one. With a salt, there are two:
 *   HMAC with the salt as the key   Werkzeug before 0.9
 *   the digest of salt and password  Django
 * Returns the number of digests, or 0 if OpenSSL fails. */
int mt_password_digest_compute(const EVP_MD *function, const char *salt, size_t salt_len, const char *password,
                               unsigned char made[MT_PASSWORD_DIGEST_WAYS][MT_PASSWORD_DIGEST_MAX]);

#endif
