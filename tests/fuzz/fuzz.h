/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_FUZZ_FUZZ_H
#define MT_TESTS_FUZZ_FUZZ_H

#include <apr_pools.h>

/* What the targets share. A target takes any bytes, hands them to one file of core, and ends the process when what
 * comes back is not what the header promises. */

typedef void (*fuzz_run_t)(apr_pool_t *pool, const char *data, apr_size_t len);

typedef struct fuzz_target_t {
    const char *name; /* of the file of core, and of the corpus */
    fuzz_run_t run;
} fuzz_target_t;

/* Ends with a row without a name. */
extern const fuzz_target_t fuzz_targets[];

/* NULL when there is none of that name. */
const fuzz_target_t *fuzz_find(const char *name);

/* Once, before the first run. */
void fuzz_initialize(void);

/* Runs a target on one input. Until it ends, each block of pool memory is a block of malloc's, so that
 * AddressSanitizer sees where it ends. */
void fuzz_run(const fuzz_target_t *target, const char *data, apr_size_t len);

/* Ends the process unless the condition holds. */
#define fuzz_assert(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

void fuzz_fail(const char *file, int line, const char *condition) __attribute__((noreturn));

/* The rest of an input. */
typedef struct fuzz_input_t {
    const char *data;
    apr_size_t len;
} fuzz_input_t;

/* The next byte; 0 when nothing is left. */
unsigned char fuzz_take_byte(fuzz_input_t *input);

/* The next eight bytes as a number, with zeros for what is not there. */
apr_uint64_t fuzz_take_number(fuzz_input_t *input);

/* What comes before the next NUL, or all that is left, as a text of its own; the NUL is skipped. */
char *fuzz_take_text(apr_pool_t *pool, fuzz_input_t *input);

/* The same; NULL when the text is empty. */
char *fuzz_take_optional(apr_pool_t *pool, fuzz_input_t *input);

/* All that is left, as a text; what follows a NUL in it is lost. */
char *fuzz_take_rest(apr_pool_t *pool, fuzz_input_t *input);

#endif
