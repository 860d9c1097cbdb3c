/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXEMPLAR_H
#define MT_EXEMPLAR_H

#include <apr_time.h>
#include <stdatomic.h>

/* Exemplars: each names one request as an example of the observations in a bucket of a histogram.
 *
 * A slot keeps one exemplar in memory that threads and processes share. No thread waits for a lock, so a killed process
 * blocks none. Two writers, or a writer and a reader, may use a slot at the same time. The checksum of the exemplar
 * then shows the reader that the slot holds parts of two exemplars, and the reader finds none. A slot whose writer was
 * killed has no exemplar until the next one replaces it. */

/* The name of an exemplar's only label. */
#define MT_EXEMPLAR_LABEL "request_id"

/* OpenMetrics 1.0, section "Exemplars", allows 128 characters for names and values of all labels. */
#define MT_EXEMPLAR_ID_MAX (128 - (sizeof(MT_EXEMPLAR_LABEL) - 1))

/* A slot keeps its exemplar for at least this time. So in a busy bucket, most requests only compare two times. And
 * Prometheus stores few exemplars of a busy bucket, even if it scrapes every few seconds. It has room for a fixed
 * number of exemplars, so each of them would displace an exemplar of a rare bucket. A bucket that is rarely used takes
 * a new exemplar at once. */
#define MT_EXEMPLAR_INTERVAL apr_time_from_sec(10)

typedef struct mt_exemplar_t {
    apr_time_t time;   /* when the slot took it */
    apr_int64_t value; /* in the unit of the bucket's bounds */
    char id[120];      /* the request's id, or "" for no exemplar */
} mt_exemplar_t;

#define MT_EXEMPLAR_WORDS (sizeof(mt_exemplar_t) / sizeof(apr_uint64_t))

/* All zeros: it has no exemplar. */
typedef struct mt_exemplar_slot_t {
    _Atomic apr_uint64_t changed;                  /* when a writer last began, on the monotonic clock */
    _Atomic apr_uint64_t checksum;                 /* of words */
    _Atomic apr_uint64_t words[MT_EXEMPLAR_WORDS]; /* the bytes of a mt_exemplar_t */
} mt_exemplar_slot_t;

/* Offers an exemplar. The slot keeps its previous one if that is new enough, or if id is too long or is no valid
 * identifier (core/identifier.h). now: by mt_timestamp_monotonic(). */
void mt_exemplar_put(mt_exemplar_slot_t *slot, apr_int64_t now, apr_int64_t value, const char *id);

/* Copies the slot's exemplar. Returns 1, or 0 with an empty id if there is none. */
int mt_exemplar_get(const mt_exemplar_slot_t *slot, mt_exemplar_t *exemplar);

#endif
