/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CACHETABLE_H
#define MT_CACHETABLE_H

#include "core/buffer.h"

/* A table of values by key, in memory that processes share. No process ever waits for another.
 *
 * The hash of a key chooses a set of eight slots, and the key may be in any of them. Each slot has a sequence lock:
 *
 *     writer                                     reader
 *     state: 0, n  ->  pid, n+1  (exchange)      read the state; if a writer has the slot, there is no value
 *     write head and body                        copy head and body
 *     state: pid, n+1  ->  0, n+2                read the state again; if it has changed, there is no value
 *
 * A killed writer leaves its pid behind. The next writer finds that no such process exists, and takes the slot over. If
 * another process has got the same pid meanwhile, the slot stays unused until that process ends.
 *
 * A value is valid while the revision of its subject is the one that the caller read before it made the value, and
 * while the value is new enough. Subjects share a fixed number of revisions, so to raise one may end values of other
 * subjects. That does no harm, because any value can be made again. */

#define MT_CACHETABLE_TAG_SIZE 16

typedef struct mt_cachetable_t mt_cachetable_t;

/* What is known of a value. */
typedef struct mt_cachetable_stamp_t {
    apr_uint64_t revision;                     /* of the subject, read before the value was made */
    apr_int64_t made;                          /* when making it began: above 0, on a clock that all processes share */
    unsigned char tag[MT_CACHETABLE_TAG_SIZE]; /* whatever the caller wants to have beside it */
} mt_cachetable_stamp_t;

/* What a key and a value may take together, in bytes: a page of the longest messages, of characters that have to be
 * escaped. */
#define MT_CACHETABLE_SLOT_SIZE 262144

/* Bytes of memory for revisions, which tables over different slots may share. */
#define MT_CACHETABLE_REVISIONS_SIZE 32784

/* The least memory for slots, in bytes, that holds any. */
#define MT_CACHETABLE_SLOTS_SIZE_MIN (8 * (MT_CACHETABLE_SLOT_SIZE + 64))

/* The table. Memory begins as zeros, aligned as any type; is_new: 1 for whoever comes to the revisions first. slots:
 * size bytes; NULL or too few of them: nothing is kept. The result lives in the pool. */
mt_cachetable_t *mt_cachetable_open(apr_pool_t *pool, void *revisions, int is_new, void *slots, apr_size_t size);

/* Of the subject, at this moment. */
apr_uint64_t mt_cachetable_revision(const mt_cachetable_t *table, const char *subject);

/* Ends every value of the subject. To be called after what it is made of has changed. */
void mt_cachetable_raise(mt_cachetable_t *table, const char *subject);

/* Appends the value to data. stamp: with the revision that it must have, and the least made; afterwards with its own.
 * 0: there is none. */
int mt_cachetable_get(const mt_cachetable_t *table, const void *key, apr_size_t key_len, mt_cachetable_stamp_t *stamp,
                      mt_buffer_t *data);

/* Puts a value in, and perhaps the oldest of a few others out. It may be left out, for instance when it is too long. */
void mt_cachetable_put(mt_cachetable_t *table, const void *key, apr_size_t key_len, const mt_cachetable_stamp_t *stamp,
                       const char *data, apr_size_t len);

#endif
