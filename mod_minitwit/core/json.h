/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_JSON_H
#define MT_JSON_H

#include <apr_pools.h>

/* A JSON object that a client sent. */
typedef struct mt_json_t mt_json_t;

typedef enum mt_json_kind_t {
    MT_JSON_MISSING, /* no such key */
    MT_JSON_NULL,
    MT_JSON_STRING,
    MT_JSON_OTHER /* a number, a boolean, an array, an object */
} mt_json_kind_t;

/* Parses a whole body as one JSON object, strictly (RFC 8259): no text after it, no NaN, nesting of at most 16, at most
 * 1,000 members, elements, arrays and objects together, valid UTF-8, and in its strings and keys no NUL and no unpaired
 * surrogate, not even escaped. *object lives until the pool is cleared. Returns NULL, or the reason for refusing (static, fit to be sent to the client). */
const char *mt_json_parse(apr_pool_t *pool, const char *data, apr_size_t len, mt_json_t **object);

/* Sets *value, for a string, to its text (NUL-terminated, lives as long as the object), else to NULL. */
mt_json_kind_t mt_json_get(const mt_json_t *object, const char *key, const char **value);

/* Each returns 1 and sets *value when the object has that key, with a value of that type; an integer is a number that is written
 * without fraction and exponent, and that lies within 64 bits, their two ends excluded. */
int mt_json_get_integer(const mt_json_t *object, const char *key, apr_int64_t *value);
int mt_json_get_number(const mt_json_t *object, const char *key, double *value);
int mt_json_get_boolean(const mt_json_t *object, const char *key, int *value);

#endif
