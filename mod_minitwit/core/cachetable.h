/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CACHETABLE_H
#define MT_CACHETABLE_H

#include "core/buffer.h"

/* A table of values by key, in memory that processes share. Nobody ever waits: readers take no lock, and copy again nothing that
 * changed meanwhile (a sequence lock a slot); who finds a slot being written does without it. A process that is killed while it
 * writes leaves its slot locked, and the next one that wants the slot takes it over.
 *
 * A value counts for as long as the revision of its subject is that which the caller read before he made the value, and only
 * if it was made recently enough. Subjects share a fixed number of revisions, so raising one may end values of others: harmless,
 * since nothing here is kept for good. */

#define MT_CACHETABLE_TAG_SIZE 16

typedef struct mt_cachetable_t mt_cachetable_t;

/* What is known of a value. */
typedef struct mt_cachetable_stamp_t {
    apr_uint64_t revision;                     /* of the subject, read before the value was made */
    apr_int64_t made;                          /* when making it began: above 0, on a clock that all processes share */
    unsigned char tag[MT_CACHETABLE_TAG_SIZE]; /* whatever the caller wants to have beside it */
} mt_cachetable_stamp_t;

/* What a key and a value may take together, in bytes. */
#define MT_CACHETABLE_SLOT_SIZE 32768

/* The table, in size bytes of memory that begin as zeros, aligned as any type; is_new: 1 for whoever comes first. NULL: size is
 * too small for a single set of slots. The result lives in the pool. */
mt_cachetable_t *mt_cachetable_open(apr_pool_t *pool, void *memory, apr_size_t size, int is_new);

/* Of the subject, at this moment. */
apr_uint64_t mt_cachetable_revision(const mt_cachetable_t *table, const char *subject);

/* Ends every value of the subject. To be called after what it is made of has changed. */
void mt_cachetable_raise(mt_cachetable_t *table, const char *subject);

/* Appends the value to data. stamp: with the revision that it must have, and the least made; afterwards with its own. 0: there is
 * none. */
int mt_cachetable_get(const mt_cachetable_t *table, const void *key, apr_size_t key_len, mt_cachetable_stamp_t *stamp,
                      mt_buffer_t *data);

/* Puts a value in, and perhaps the oldest of a few others out. It may be left out, for instance when it is too long. */
void mt_cachetable_put(mt_cachetable_t *table, const void *key, apr_size_t key_len, const mt_cachetable_stamp_t *stamp,
                       const char *data, apr_size_t len);

#endif
