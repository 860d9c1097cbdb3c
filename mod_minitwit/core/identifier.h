/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IDENTIFIER_H
#define MT_IDENTIFIER_H

#include <apr.h>

/* Request ids: each names one request in the logs. An id is the random prefix of a child process and a number that the
 * process increments. */

#define MT_IDENTIFIER_MAX         128 /* characters */
#define MT_IDENTIFIER_PREFIX_SIZE 13  /* 72 random bits as base64url, and the NUL */
#define MT_IDENTIFIER_SIZE        (MT_IDENTIFIER_PREFIX_SIZE + 17)

/* Returns 1 if a proxy may set this id for a request: 1 to 128 letters, digits and . _ ~ + / = - . NULL is not valid.
 */
int mt_identifier_is_valid(const char *text);

/* Makes the prefix of a child process from the system's random number generator. */
void mt_identifier_make_prefix(char prefix[MT_IDENTIFIER_PREFIX_SIZE]);

/* Writes prefix and number as one id. Different pairs give different ids. */
void mt_identifier_format(char text[MT_IDENTIFIER_SIZE], const char *prefix, apr_uint64_t number);

#endif
