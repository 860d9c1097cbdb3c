/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TOKEN_H
#define MT_TOKEN_H

#include <apr.h>

#define MT_TOKEN_SIZE      44 /* 256 random bits as base64url without padding, and the NUL */
#define MT_TOKEN_HASH_SIZE 32

/* Makes a session token from the system's random number generator. */
void mt_token_make(char token[MT_TOKEN_SIZE]);

/* Computes SHA-256 of the token's text. The database stores only this hash. Returns 1, or 0 if the text cannot be a
 * token. token may be NULL. */
int mt_token_hash(const char *token, unsigned char hash[MT_TOKEN_HASH_SIZE]);

#endif
