/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_VALIDATE_H
#define MT_VALIDATE_H

#include <apr_pools.h>

#define MT_VALIDATE_USERNAME_MAX 255 /* characters */
#define MT_VALIDATE_EMAIL_MAX    255 /* characters */

/* What a username must satisfy. username: valid UTF-8. reserved: NULL-terminated list of names that a fixed path would
 * hide. Returns NULL, or the message to show. */
const char *mt_validate_username(const char *username, const char *const *reserved);

/* What a registration must satisfy before the database is asked whether the name is free. The rules are checked in
 * the order in which clients expect their messages. All texts: valid UTF-8, empty for absent. password2: the
 * repetition; for a client that sends none, the password itself. reserved: as above. Returns NULL, or the message to
 * show. */
const char *mt_validate_registration(const char *username, const char *email, const char *password,
                                     const char *password2, const char *const *reserved);

/* text: valid UTF-8. Returns NULL, or, when it is longer than max characters, the message to show (in pool). */
const char *mt_validate_message(apr_pool_t *pool, const char *text, apr_size_t max);

/* What the site and the API say when the name exists already. */
extern const char mt_validate_username_taken[];

#endif
