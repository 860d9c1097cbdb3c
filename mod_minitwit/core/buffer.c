/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/buffer.h"

#include <string.h>

#define SIZE_MIN 256

/* Makes room for len more bytes and for the NUL of mt_buffer_text(). A pool cannot free the old block, so the size
 * doubles each time: all old blocks together are then never larger than the buffer. */
static void grow(mt_buffer_t *buffer, apr_size_t len)
{
    apr_size_t needed = buffer->len + len + 1;
    apr_size_t size = buffer->size * 2;
    char *data;

    if (needed <= buffer->size)
        return;
    if (size < needed)
        size = needed;
    if (size < SIZE_MIN)
        size = SIZE_MIN;
    data = apr_palloc(buffer->pool, size);
    if (buffer->len > 0)
        memcpy(data, buffer->data, buffer->len);
    buffer->data = data;
    buffer->size = size;
}

void mt_buffer_init(mt_buffer_t *buffer, apr_pool_t *pool, apr_size_t size)
{
    buffer->data = NULL;
    buffer->len = 0;
    buffer->size = 0;
    buffer->pool = pool;
    if (size > 0)
        grow(buffer, size);
}

char *mt_buffer_extend(mt_buffer_t *buffer, apr_size_t len)
{
    char *start;

    grow(buffer, len);
    start = buffer->data + buffer->len;
    buffer->len += len;
    return start;
}

void mt_buffer_append(mt_buffer_t *buffer, const char *data, apr_size_t len)
{
    if (len == 0)
        return;
    grow(buffer, len);
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

void mt_buffer_append_text(mt_buffer_t *buffer, const char *text)
{
    mt_buffer_append(buffer, text, strlen(text));
}

const char *mt_buffer_text(mt_buffer_t *buffer)
{
    grow(buffer, 0);
    buffer->data[buffer->len] = '\0';
    return buffer->data;
}
