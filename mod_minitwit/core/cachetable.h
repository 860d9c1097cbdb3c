/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CACHETABLE_H
#define MT_CACHETABLE_H

#include "core/buffer.h"

/* A table of values by key, in memory that processes share. Nobody ever waits: readers take no lock, and what changed while they
 * copied it counts as not there (a sequence lock a slot); who finds a slot being written does without it. A process that is
 * killed while it writes leaves its slot locked, and the next one that wants the slot takes it over, unless another process has
 * got that one's id meanwhile: then the slot is of no use until that ends.
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

/* What a key and a value may take together, in bytes: a page of the longest messages, of characters that have to be escaped. */
#define MT_CACHETABLE_SLOT_SIZE 262144

/* Bytes of memory for revisions, which tables over different slots may share. */
#define MT_CACHETABLE_REVISIONS_SIZE 32784

/* The least memory for slots, in bytes, that holds any. */
#define MT_CACHETABLE_SLOTS_SIZE_MIN (8 * (MT_CACHETABLE_SLOT_SIZE + 64))

/* The table. Memory begins as zeros, aligned as any type; is_new: 1 for whoever comes to the revisions first. slots: size bytes; NULL
 * or too few of them: nothing is kept. The result lives in the pool. */
mt_cachetable_t *mt_cachetable_open(apr_pool_t *pool, void *revisions, int is_new, void *slots, apr_size_t size);

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
