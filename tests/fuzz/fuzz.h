/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_FUZZ_FUZZ_H
#define MT_TESTS_FUZZ_FUZZ_H

#include <apr_pools.h>

/* The functions that all targets use. A target takes any bytes, passes them to one file of core, and ends the process
 * if the result breaks a promise of the header. */

typedef void (*fuzz_run_t)(apr_pool_t *pool, const char *data, apr_size_t len);

typedef struct fuzz_target_t {
    const char *name; /* of the file of core and of the corpus */
    fuzz_run_t run;
} fuzz_target_t;

/* Ends with a row without a name. */
extern const fuzz_target_t fuzz_targets[];

/* Returns NULL if there is no target of this name. */
const fuzz_target_t *fuzz_find(const char *name);

/* Call this once, before the first run. */
void fuzz_initialize(void);

/* Runs a target on one input. Meanwhile malloc allocates each block of pool memory, so that AddressSanitizer sees where
 * the block ends. */
void fuzz_run(const fuzz_target_t *target, const char *data, apr_size_t len);

/* Ends the process unless the condition holds. */
#define fuzz_assert(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

void fuzz_fail(const char *file, int line, const char *condition) __attribute__((noreturn));

/* The rest of an input. */
typedef struct fuzz_input_t {
    const char *data;
    apr_size_t len;
} fuzz_input_t;

/* Returns the next byte, or 0 at the end. */
unsigned char fuzz_take_byte(fuzz_input_t *input);

/* Returns the next eight bytes as a number. Missing bytes count as zeros. */
apr_uint64_t fuzz_take_number(fuzz_input_t *input);

/* Returns a copy of the bytes before the next NUL, or of all the rest, and skips the NUL. */
char *fuzz_take_text(apr_pool_t *pool, fuzz_input_t *input);

/* The same, but returns NULL if the text is empty. */
char *fuzz_take_optional(apr_pool_t *pool, fuzz_input_t *input);

/* Returns the rest up to a NUL, and drops the bytes after it. */
char *fuzz_take_rest(apr_pool_t *pool, fuzz_input_t *input);

#endif
