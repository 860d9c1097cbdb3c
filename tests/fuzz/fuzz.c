/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "fuzz.h"

#include "targets.h"

#include <apr_general.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_ROW(name) { #name, fuzz_##name },

const fuzz_target_t fuzz_targets[] = { TARGETS(TARGET_ROW){ NULL, NULL } };

static apr_pool_t *pool;

const fuzz_target_t *fuzz_find(const char *name)
{
    for (const fuzz_target_t *target = fuzz_targets; target->name; target++) {
        if (strcmp(target->name, name) == 0)
            return target;
    }
    return NULL;
}

void fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

void fuzz_initialize(void)
{
    fuzz_assert(apr_initialize() == APR_SUCCESS);
    atexit(apr_terminate);
    fuzz_assert(sodium_init() >= 0);
    fuzz_assert(apr_pool_create(&pool, NULL) == APR_SUCCESS);
}

/* ---- pool memory ---- */

typedef struct block_t {
    struct block_t *next;
    char data[] __attribute__((aligned(16)));
} block_t;

static block_t *blocks; /* of this run */
static block_t *kept;   /* blocks that APR allocated when it was initialised */
static int is_running;

/* Replaces APR's function for core and for APR's other functions. A real pool hands out parts of large blocks and
 * rounds their sizes up, so a sanitizer would not see an access beyond their ends. */
void *apr_palloc(apr_pool_t *owner, apr_size_t size)
{
    block_t *block = malloc(sizeof(*block) + size);
    block_t **list = is_running ? &blocks : &kept;

    (void)owner;
    fuzz_assert(block != NULL);
    block->next = *list;
    *list = block;
    return block->data;
}

void fuzz_run(const fuzz_target_t *target, const char *data, apr_size_t len)
{
    is_running = 1;
    target->run(pool, data, len);
    apr_pool_clear(pool);
    is_running = 0;
    while (blocks) {
        block_t *next = blocks->next;

        free(blocks);
        blocks = next;
    }
}

/* ---- parts of an input ---- */

unsigned char fuzz_take_byte(fuzz_input_t *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return (unsigned char)*input->data++;
}

apr_uint64_t fuzz_take_number(fuzz_input_t *input)
{
    apr_uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | fuzz_take_byte(input);
    return number;
}

static char *copy(apr_pool_t *owner, const char *data, apr_size_t len)
{
    char *text = apr_palloc(owner, len + 1);

    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';
    return text;
}

char *fuzz_take_text(apr_pool_t *owner, fuzz_input_t *input)
{
    const char *end = input->len > 0 ? memchr(input->data, '\0', input->len) : NULL;
    apr_size_t len = end ? (apr_size_t)(end - input->data) : input->len;
    char *text = copy(owner, input->data, len);

    if (end)
        len++;
    input->data += len;
    input->len -= len;
    return text;
}

char *fuzz_take_optional(apr_pool_t *owner, fuzz_input_t *input)
{
    char *text = fuzz_take_text(owner, input);

    return *text ? text : NULL;
}

char *fuzz_take_rest(apr_pool_t *owner, fuzz_input_t *input)
{
    char *text = copy(owner, input->data, input->len);

    text = copy(owner, text, strlen(text));
    input->data += input->len;
    input->len = 0;
    return text;
}
