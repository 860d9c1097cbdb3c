/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_VALIDATE_H
#define MT_VALIDATE_H

#include "core/name.h"

#define MT_VALIDATE_USERNAME_MAX MT_NAME_MAX
#define MT_VALIDATE_EMAIL_MAX    255 /* characters */
#define MT_VALIDATE_ABOUT_MAX    160 /* characters; the schema has the same limit */

/* Checks whether the page of a user with this name can be reached. username is valid UTF-8. reserved is a list of names
 * that a fixed path would hide, ending with NULL. Returns NULL, or the message to show. */
const char *mt_validate_path(const char *username, const char *const *reserved);

/* Checks a username. username is valid UTF-8, in NFC. reserved: as above. Returns NULL, or the message to show. */
const char *mt_validate_username(const char *username, const char *const *reserved);

/* Checks an e-mail address. email is valid UTF-8. Returns NULL, or the message to show. */
const char *mt_validate_email(const char *email);

/* Checks a registration. Only the database can check whether the name is free. The rules are checked in the order in
 * which clients expect the messages. All texts are valid UTF-8, and "" if absent. username is in NFC. password2 is the
 * repetition, or the password itself for a client that sends no repetition. Returns NULL, or the message to show. */
const char *mt_validate_registration(const char *username, const char *email, const char *password,
                                     const char *password2, const char *const *reserved);

/* Checks the length of a message. text is valid UTF-8. Returns NULL, or the message to show, in pool, if text has more
 * than max characters. */
const char *mt_validate_message(apr_pool_t *pool, const char *text, apr_size_t max);

/* The message of the site and of the API for a username that exists. */
extern const char mt_validate_username_taken[];

#endif
