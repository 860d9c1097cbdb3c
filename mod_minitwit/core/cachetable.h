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
 *     state: pid, n+1  ->  0, n+1                read the state again; if it has changed, there is no value
 *
 * A killed writer leaves its pid behind. The next writer finds that no such process exists, and takes the slot over. If
 * another process has got the same pid by then, the slot stays unused until that process ends.
 *
 * A value is valid while the revision of its subject is the one that the caller read before it made the value, and
 * while the value is new enough. Subjects share a fixed number of revisions, so raising one may invalidate values
 * of other subjects. That does no harm, because any value can be made again. */

#define MT_CACHETABLE_TAG_SIZE 16

typedef struct mt_cachetable_t mt_cachetable_t;

/* The version of a value. */
typedef struct mt_cachetable_stamp_t {
    apr_uint64_t revision;                     /* the subject's, read before the value was made */
    apr_int64_t made;                          /* when the making began: above 0, on a clock that all processes share */
    unsigned char tag[MT_CACHETABLE_TAG_SIZE]; /* free for the caller's use */
} mt_cachetable_stamp_t;

/* Bytes that a key and its value may take together. A page of the longest messages fits, even if every character must
 * be escaped. */
#define MT_CACHETABLE_SLOT_SIZE 262144

/* Bytes of memory for the revisions. Tables with different slots may share them. */
#define MT_CACHETABLE_REVISIONS_SIZE 32784

/* Bytes of memory for one set of slots. With less, a table stores nothing. */
#define MT_CACHETABLE_SLOTS_SIZE_MIN (8 * (MT_CACHETABLE_SLOT_SIZE + 64))

/* Opens a table over shared memory. revisions and slots must be aligned for any type and begin as zeros. is_new is 1
 * for the first process that opens these revisions. slots has size bytes. If it is NULL or too small, the table stores
 * nothing. The result lives in pool, and the memory belongs to the caller. */
mt_cachetable_t *mt_cachetable_open(apr_pool_t *pool, void *revisions, int is_new, void *slots, apr_size_t size);

/* Returns the current revision of a subject. */
apr_uint64_t mt_cachetable_revision(const mt_cachetable_t *table, const char *subject);

/* Invalidates every value of the subject. Call it after the data behind those values has changed. */
void mt_cachetable_raise(mt_cachetable_t *table, const char *subject);

/* Invalidates all values. */
void mt_cachetable_raise_all(mt_cachetable_t *table);

/* Appends a value to data. On entry, stamp has the revision that the value must have and the earliest time that it may
 * have been made. On success it has the value's own stamp. Returns 1, or 0 if there is no such value. */
int mt_cachetable_get(const mt_cachetable_t *table, const void *key, apr_size_t key_len, mt_cachetable_stamp_t *stamp,
                      mt_buffer_t *data);

/* Stores a value, and may evict the oldest of the key's set. It may also store nothing, for example if the value is too
 * long or another process writes to the slot. */
void mt_cachetable_put(mt_cachetable_t *table, const void *key, apr_size_t key_len, const mt_cachetable_stamp_t *stamp,
                       const char *data, apr_size_t len);

#endif
