/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_NAME_H
#define MT_NAME_H

#include <apr_pools.h>

/* The characters of usernames. Two users must not have names that look the same, and a name must not change the text
 * around it. libutf8proc has most properties of characters. A table in name.c has those that it lacks. */

#define MT_NAME_MAX 255 /* characters */

/* Returns the name in Unicode NFC: the same pointer if it is NFC already, else a copy in pool. A name that is not valid
 * UTF-8 is returned unchanged. */
const char *mt_name_normalize(apr_pool_t *pool, const char *name);

/* The same in NFD. To find out whether a name is taken, look up its NFD: a look-up also tries NFC, and names that other
 * programs stored are usually in one of the two. Two new names cannot collide, even if they are added at the same
 * moment, because both are stored in NFC and users.username is unique. Equivalent names have the same NFC in all
 * versions of Unicode, because unassigned characters are refused. */
const char *mt_name_decompose(apr_pool_t *pool, const char *name);

/* Checks the characters of a name of 1 to MT_NAME_MAX characters. name is valid UTF-8, in NFC, without control
 * characters. Returns NULL, or the message to show. */
const char *mt_name_check(const char *name);

/* Returns a text that shows the name and does not change the direction of the text around it: U+2068, the name, U+2069,
 * in pool. It has as many of the characters that begin an isolate as of those that end one. Returns the same pointer if
 * the name has neither a right-to-left character nor a bidirectional control. name is valid UTF-8. */
const char *mt_name_isolate(apr_pool_t *pool, const char *name);

#endif
