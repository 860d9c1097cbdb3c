/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_JSON_H
#define MT_JSON_H

#include <apr_pools.h>

/* Reads the JSON object in a request's body. A client may send anything, and json-c's leniency depends on its version.
 * So a scanner of our own first checks the whole body against RFC 8259 and against limits of depth and size. json-c
 * then only builds the object from a body that is known to be valid:
 *
 *     body --> scan: grammar, UTF-8, limits --> json-c: object --> mt_json_get...
 */
typedef struct mt_json_t mt_json_t;

typedef enum mt_json_kind_t {
    MT_JSON_MISSING, /* no such key */
    MT_JSON_NULL,
    MT_JSON_STRING,
    MT_JSON_OTHER /* a number, a boolean, an array, an object */
} mt_json_kind_t;

/* Parses a whole body as one JSON object. The body must follow RFC 8259 strictly, with no text after the object and no
 * NaN. It must be valid UTF-8. Nesting is at most 16 deep. Members, elements, arrays and objects together are at most
 * 1,000. Strings and keys contain no NUL and no unpaired surrogate, not even as an escape. One byte order mark before
 * the object is skipped.
 *
 * Returns NULL and sets *object, which lives until the pool is cleared. Otherwise returns the reason for the refusal, a
 * static text that may be sent to the client. */
const char *mt_json_parse(apr_pool_t *pool, const char *data, apr_size_t len, mt_json_t **object);

/* Returns the kind of a key's value. Sets *value to the text of a string, which is NUL-terminated and lives as long as
 * the object, else to NULL. */
mt_json_kind_t mt_json_get(const mt_json_t *object, const char *key, const char **value);

/* Each returns 1 and sets *value if the key's value has this type, else 0. An integer is written without fraction and
 * exponent. It is greater than APR_INT64_MIN and less than APR_INT64_MAX. */
int mt_json_get_integer(const mt_json_t *object, const char *key, apr_int64_t *value);
int mt_json_get_number(const mt_json_t *object, const char *key, double *value);
int mt_json_get_boolean(const mt_json_t *object, const char *key, int *value);

#endif
