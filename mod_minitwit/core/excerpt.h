/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXCERPT_H
#define MT_EXCERPT_H

#include <apr_pools.h>

/* Returns the beginning of a text as one line, in pool. White space and control characters become single spaces, with
 * none at either end. A text of more than max characters ends after a word, or within a long word after a character as
 * readers see it (Unicode Standard Annex 29, extended grapheme clusters), and "…" follows. text is valid UTF-8; max is
 * at least 1. The time and the memory do not depend on the rest of the text, except for white space. */
const char *mt_excerpt_make(apr_pool_t *pool, const char *text, apr_size_t max);

#endif
