/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FORM_H
#define MT_FORM_H

#include <apr_pools.h>

/* Fields of an application/x-www-form-urlencoded body, or of a query string. */
typedef struct mt_form_t mt_form_t;

/* Never fails. A pair that mt_url_decode refuses is skipped, and the form counts as malformed. data may be NULL if len
 * is 0. The result and its texts live in pool. */
mt_form_t *mt_form_parse(apr_pool_t *pool, const char *data, apr_size_t len);

/* Returns 1 if a pair was skipped. */
int mt_form_is_malformed(const mt_form_t *form);

/* Returns the first value with this name, or NULL if there is none. */
const char *mt_form_get(const mt_form_t *form, const char *name);

#endif
