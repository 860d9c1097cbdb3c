/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_BUFFER_H
#define MT_BUFFER_H

#include <apr_pools.h>

/* A byte string that grows in a pool. Pages and JSON are rendered into such buffers. */
typedef struct mt_buffer_t {
    char *data;       /* not NUL-terminated; NULL until something is appended */
    apr_size_t len;   /* bytes in use */
    apr_size_t size;  /* bytes allocated */
    apr_pool_t *pool; /* owns data */
} mt_buffer_t;

/* Initialises an empty buffer that has room for size bytes before it grows. */
void mt_buffer_init(mt_buffer_t *buffer, apr_pool_t *pool, apr_size_t size);

void mt_buffer_append(mt_buffer_t *buffer, const char *data, apr_size_t len);

/* Makes the buffer len bytes longer and returns the first of them, for the caller to write. The pointer is valid until
 * the next append. */
char *mt_buffer_extend(mt_buffer_t *buffer, apr_size_t len);

/* text: NUL-terminated. */
void mt_buffer_append_text(mt_buffer_t *buffer, const char *text);

/* Returns the content as a NUL-terminated string in the buffer's own memory. It is valid until the next append. */
const char *mt_buffer_text(mt_buffer_t *buffer);

#endif
