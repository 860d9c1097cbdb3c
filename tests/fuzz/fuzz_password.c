/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "targets.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* Limits for the hashes that are computed. Hashes with higher, but valid costs are skipped, so that a run is quick. */
#define KIBIBYTES_MAX 64
#define PASSES_MAX    3

static const mt_password_cost_t cheap = { 8192, 1 };
static const mt_password_cost_t other = { 16384, 1 };

/* Returns 1 if verifying takes too long for a run. Sets *is_capped if the cost is above the module's limits. */
static int is_costly(const char *hash, int *is_capped)
{
    unsigned long memory;
    unsigned long passes;

    *is_capped = 0;
    if (sscanf(hash, "$argon2id$v=19$m=%lu,t=%lu", &memory, &passes) != 2)
        return 0;
    *is_capped = memory > MT_PASSWORD_MEMORY_MAX / 1024 || passes > MT_PASSWORD_PASSES_MAX;
    return memory > KIBIBYTES_MAX || passes > PASSES_MAX;
}

static void check_round_trip(apr_pool_t *pool, const char *password, fuzz_input_t *input)
{
    const char *hash = mt_password_argon2id_make(pool, password, &cheap);
    char *changed;
    apr_size_t place;
    char byte;
    int is_capped;

    fuzz_assert(hash != NULL);
    fuzz_assert(mt_password_verify(pool, password, hash, &cheap) == MT_PASSWORD_RIGHT);
    fuzz_assert(mt_password_verify(pool, password, hash, &other) == MT_PASSWORD_OUTDATED);
    fuzz_assert(mt_password_verify(pool, apr_pstrcat(pool, password, "x", NULL), hash, &cheap) == MT_PASSWORD_WRONG);
    changed = apr_pstrdup(pool, hash);
    place = fuzz_take_byte(input) % strlen(hash);
    byte = (char)fuzz_take_byte(input);
    if (changed[place] == byte)
        return;
    changed[place] = byte;
    if (!is_costly(changed, &is_capped))
        fuzz_assert(mt_password_verify(pool, password, changed, &cheap) == MT_PASSWORD_WRONG);
}

void fuzz_password(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash;
    int is_capped;

    /* Hashing takes most of the time of a run. */
    if (choice % 16 == 0)
        check_round_trip(pool, password, &input);
    hash = fuzz_take_rest(pool, &input);
    /* Other hashes have their own targets. */
    if (strncmp(hash, "$argon2id$", 10) != 0)
        return;
    if (!is_costly(hash, &is_capped) || is_capped) {
        mt_password_result_t result = mt_password_verify(pool, password, hash, &cheap);

        fuzz_assert(result == MT_PASSWORD_WRONG || (!is_capped && result != MT_PASSWORD_FAILED));
    }
}
