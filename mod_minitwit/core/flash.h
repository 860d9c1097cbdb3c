/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FLASH_H
#define MT_FLASH_H

#include <apr_pools.h>

/* Messages that the next page shows once, for example "You were logged in". A form's answer is a redirect, so the
 * message must survive until the next request. A cookie carries it, and the next page deletes that cookie. The cookie
 * holds only the message's code and at most a username, so a forged cookie can show nothing but one of these sentences.
 */
typedef enum mt_flash_t {
    MT_FLASH_NONE,
    MT_FLASH_REGISTERED, /* with the username of the new user, which the sentence does not show */
    MT_FLASH_LOGGED_IN,
    MT_FLASH_LOGGED_OUT,
    MT_FLASH_RECORDED,
    MT_FLASH_DESCRIBED,
    MT_FLASH_FOLLOWING, /* with a username */
    MT_FLASH_UNFOLLOWED /* with a username */
} mt_flash_t;

/* Returns the cookie's value, in pool. username is NULL for a flash without one. */
const char *mt_flash_format(apr_pool_t *pool, mt_flash_t flash, const char *username);

/* Returns the sentence for a cookie's value, or NULL for a value that mt_flash_format does not make. A name in the
 * sentence is isolated (core/name.h). value may be NULL. */
const char *mt_flash_parse(apr_pool_t *pool, const char *value);

/* Returns the username of an MT_FLASH_REGISTERED, in pool, or NULL for any other value. value may be NULL. */
const char *mt_flash_registered(apr_pool_t *pool, const char *value);

#endif
