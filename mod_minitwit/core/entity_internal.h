/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ENTITY_INTERNAL_H
#define MT_ENTITY_INTERNAL_H

#include "core/entity.h"

#include <utf8proc.h>

/* The functions that only the files of entity use. entity.h has the rules. */

typedef utf8proc_int32_t mt_entity_character_t; /* -1 for a byte that is not valid UTF-8 */

/* Reads the character at a place before end. Returns its length in bytes. */
apr_size_t mt_entity_character_read(const char *at, const char *end, mt_entity_character_t *character);

/* Returns the character that ends at this place, or -1 at the beginning. */
mt_entity_character_t mt_entity_character_before(const char *begin, const char *at);

int mt_entity_character_is_word(mt_entity_character_t character);

/* Returns 1 for a word character that is not a mark. */
int mt_entity_character_begins_word(mt_entity_character_t character);

int mt_entity_character_is_digit(mt_entity_character_t character);

/* Returns 1 for a character that is not part of a URL. */
int mt_entity_character_ends_url(mt_entity_character_t character);

/* Returns 1 for a character beyond ASCII that a URL may contain, but not at its end. */
int mt_entity_character_is_punctuation(mt_entity_character_t character);

/* Returns the end of host and port, or NULL if they are refused. host is the place after "://". */
const char *mt_entity_host_read(const char *host, const char *end);

/* Returns 1 if http:// or https:// is at this place. */
int mt_entity_url_is_at(const char *at, const char *end);

/* Returns the end of a URL that is refused. Browsers read a backslash as a slash, so it does not end here. */
const char *mt_entity_url_skip(const char *at, const char *end);

/* Returns the end of the URL at this place, or NULL if it is refused. Then *refused is the end as above. */
const char *mt_entity_url_read(const char *at, const char *end, const char **refused);

#endif
