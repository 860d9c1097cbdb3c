/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "targets.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* What a run may cost; dearer ones, which are allowed, are left out. */
#define KIBIBYTES_MAX 64
#define PASSES_MAX    3

static const mt_password_cost_t cheap = { 8192, 1 };
static const mt_password_cost_t other = { 16384, 1 };

/* Whether verifying takes longer than a run may. *is_capped: it would be dearer than what is ever computed. */
static int is_dear(const char *hash, int *is_capped)
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
    char *spoilt;
    apr_size_t place;
    char byte;
    int is_capped;

    fuzz_assert(hash != NULL);
    fuzz_assert(mt_password_verify(pool, password, hash, &cheap) == MT_PASSWORD_RIGHT);
    fuzz_assert(mt_password_verify(pool, password, hash, &other) == MT_PASSWORD_OUTDATED);
    fuzz_assert(mt_password_verify(pool, apr_pstrcat(pool, password, "x", NULL), hash, &cheap) == MT_PASSWORD_WRONG);
    spoilt = apr_pstrdup(pool, hash);
    place = fuzz_take_byte(input) % strlen(hash);
    byte = (char)fuzz_take_byte(input);
    if (spoilt[place] == byte)
        return;
    spoilt[place] = byte;
    if (!is_dear(spoilt, &is_capped))
        fuzz_assert(mt_password_verify(pool, password, spoilt, &cheap) == MT_PASSWORD_WRONG);
}

void fuzz_password(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash;
    int is_capped;

    /* Hashing is most of what a run takes. */
    if (choice % 16 == 0)
        check_round_trip(pool, password, &input);
    hash = fuzz_take_rest(pool, &input);
    /* Those of others have a target of their own. */
    if (strncmp(hash, "$argon2id$", 10) != 0)
        return;
    if (!is_dear(hash, &is_capped) || is_capped) {
        mt_password_result_t result = mt_password_verify(pool, password, hash, &cheap);

        fuzz_assert(result == MT_PASSWORD_WRONG || (!is_capped && result != MT_PASSWORD_FAILED));
    }
}
