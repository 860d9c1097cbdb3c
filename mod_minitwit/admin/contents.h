/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONTENTS_H
#define MT_CONTENTS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <libpq-fe.h>

/* What a database holds, told so that two can be compared. For an operator's command: see store/plain.h. */

/* A table, or a sequence. */
typedef struct mt_contents_part_t {
    const char *name;
    apr_int64_t rows;   /* of a sequence: its last value */
    const char *digest; /* a number made of all rows, whatever their order; of a sequence: "" */
    int is_set;         /* a sequence that gives no ids, but is set, also backwards */
} mt_contents_part_t;

typedef struct mt_contents_t {
    int schema_version;
    apr_array_header_t *parts; /* of mt_contents_part_t, by name; in the caller's pool */
} mt_contents_t;

/* Reads everything, which takes some microseconds a row. What the transaction sees counts, if there is one. */
const char *mt_contents_load(PGconn *pg, apr_pool_t *pool, mt_contents_t *contents);

/* NULL: both are the same. Else what differs first, for the operator, in pool. wanted may come from a manifest, which does not tell
 * what is_set; found was loaded. */
const char *mt_contents_compare(apr_pool_t *pool, const mt_contents_t *wanted, const mt_contents_t *found);

#endif
