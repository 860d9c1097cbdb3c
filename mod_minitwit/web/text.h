/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEXT_H
#define MT_TEXT_H

#include <apr_pools.h>

/* Returns a user's text as HTML, in pool: escaped, and with links for its first 50 URLs, mentions and tags
 * (core/entity.h). The visible text stays the same. base: the beginning of the URLs of this site's pages, without a
 * slash at its end, which is the mount or an absolute URL. The function looks nothing up, so a mention may link to a
 * user who does not exist. */
const char *mt_web_text_format(apr_pool_t *pool, const char *base, const char *text);

#endif
