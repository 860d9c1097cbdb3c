/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FLASH_H
#define MT_FLASH_H

#include <apr_pools.h>

/* Messages that are shown once, on the next page. They travel in a cookie as a code and at most a username, so that
 * a forged cookie can only show one of these sentences. */
typedef enum mt_flash_t {
    MT_FLASH_NONE,
    MT_FLASH_REGISTERED,
    MT_FLASH_LOGGED_IN,
    MT_FLASH_LOGGED_OUT,
    MT_FLASH_RECORDED,
    MT_FLASH_FOLLOWING, /* with a username */
    MT_FLASH_UNFOLLOWED /* with a username */
} mt_flash_t;

/* The cookie's value. username: NULL for those that take none. */
const char *mt_flash_format(apr_pool_t *pool, mt_flash_t flash, const char *username);

/* The sentence for a cookie's value; NULL when it is not one that mt_flash_format makes. value may be NULL. */
const char *mt_flash_parse(apr_pool_t *pool, const char *value);

#endif
