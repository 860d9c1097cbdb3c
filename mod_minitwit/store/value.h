/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_VALUE_H
#define MT_VALUE_H

#include "core/token.h"

#include <apr_pools.h>
#include <libpq-fe.h>

#define MT_VALUE_INTEGER_SIZE 24                               /* a 64-bit integer as text, and the NUL */
#define MT_VALUE_HASH_SIZE    (2 + 2 * MT_TOKEN_HASH_SIZE + 1) /* a hash as a bytea literal, and the NUL */

/* Write a statement's parameter as text. Return text. */
const char *mt_value_format_integer(char text[MT_VALUE_INTEGER_SIZE], apr_int64_t value);
const char *mt_value_format_hash(char text[MT_VALUE_HASH_SIZE], const unsigned char hash[MT_TOKEN_HASH_SIZE]);

/* Returns the second parameter for a username: its NFC (core/name.h), in pool, or NULL if the name is in NFC. */
const char *mt_value_nfc(apr_pool_t *pool, const char *username);

/* Return a value of a result, which must not be null. A text is copied to pool. */
apr_int64_t mt_value_integer(const PGresult *result, int row, int column);
const char *mt_value_text(apr_pool_t *pool, const PGresult *result, int row, int column);

/* Passes the ownership of result to pool, which clears it at its end. Pointers from PQgetvalue are valid until then. */
void mt_value_keep(apr_pool_t *pool, PGresult *result);

/* Returns the number of rows that a statement inserted, updated or deleted. */
apr_int64_t mt_value_affected(PGresult *result);

#endif
