/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONTENTS_H
#define MT_CONTENTS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <libpq-fe.h>

/* A summary of a database's contents, to compare two databases, for example a backup and the restored database. */

/* A table or a sequence. */
typedef struct mt_contents_part_t {
    const char *name;
    apr_int64_t rows;   /* for a sequence: its last value */
    const char *digest; /* a number from all rows in any order; for a sequence: "" */
    int is_set;         /* 1: a sequence that belongs to no column, so it may also be set backwards */
} mt_contents_part_t;

typedef struct mt_contents_t {
    int schema_version;
    apr_array_header_t *parts; /* of mt_contents_part_t, by name; in the caller's pool */
} mt_contents_t;

/* Reads all rows, which takes some microseconds per row. Inside a transaction, it uses that transaction's snapshot.
 * Returns NULL, or the message for the operator, in pool. */
const char *mt_contents_load(PGconn *pg, apr_pool_t *pool, mt_contents_t *contents);

/* Returns NULL if both are the same, or a message for the operator about the first difference, in pool. wanted may come
 * from a manifest, which does not have is_set. found comes from mt_contents_load. */
const char *mt_contents_compare(apr_pool_t *pool, const mt_contents_t *wanted, const mt_contents_t *found);

#endif
