/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FORM_H
#define MT_FORM_H

#include <apr_pools.h>

/* Fields of an application/x-www-form-urlencoded body, or of a query string. */
typedef struct mt_form_t mt_form_t;

/* Never fails: a pair that cannot be decoded (see mt_url_decode) is left out and makes the form malformed.
 * data may be NULL when len is 0. The result and its texts live in pool. */
mt_form_t *mt_form_parse(apr_pool_t *pool, const char *data, apr_size_t len);

/* 1 when a pair was left out. */
int mt_form_is_malformed(const mt_form_t *form);

/* The first value of that name; NULL when there is none. */
const char *mt_form_get(const mt_form_t *form, const char *name);

#endif
