/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_FOREIGN_H
#define MT_PASSWORD_FOREIGN_H

#include "core/password_stored.h"

/* Other MiniTwits hash passwords with the library of their language. An import keeps such hashes, so that users need no
 * new passwords. New hashes of these forms are never made. docs/import.md lists the forms. */

/* Parses a hash of any of the families below. */
int mt_password_foreign_parse(const char *hash, mt_password_stored_t *stored);

/* The families. Each file has a table with one row for each form. */
int mt_password_pbkdf2_parse(const char *hash, mt_password_stored_t *stored);
int mt_password_scrypt_parse(const char *hash, mt_password_stored_t *stored);
int mt_password_crypt_parse(const char *hash, mt_password_stored_t *stored); /* bcrypt, and forms of crypt() */
int mt_password_digest_parse(const char *hash, mt_password_stored_t *stored);

#endif
