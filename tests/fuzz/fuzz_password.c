/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

static const mt_password_cost_t cheap = { 8192, 1 };
static const mt_password_cost_t other = { 16384, 1 };

/* At this low speed, slow hashes are above the limits, so a run is quick. */
static const mt_password_speed_t fuzz_speed = { { 12, 12, 12, 8192, 24, 0, 0, 0 } };

static void check_round_trip(apr_pool_t *pool, const char *password, fuzz_input_t *input)
{
    const char *hash = mt_password_argon2id_make(pool, password, &cheap);
    char *changed;
    apr_size_t place;
    char byte;

    fuzz_assert(hash != NULL);
    fuzz_assert(mt_password_verify(pool, password, hash, &cheap, &fuzz_speed) == MT_PASSWORD_RIGHT);
    fuzz_assert(mt_password_verify(pool, password, hash, &other, &fuzz_speed) == MT_PASSWORD_OUTDATED);
    fuzz_assert(mt_password_verify(pool, apr_pstrcat(pool, password, "x", NULL), hash, &cheap, &fuzz_speed) ==
                MT_PASSWORD_WRONG);
    changed = apr_pstrdup(pool, hash);
    place = fuzz_take_byte(input) % strlen(hash);
    byte = (char)fuzz_take_byte(input);
    if (changed[place] == byte)
        return;
    changed[place] = byte;
    fuzz_assert(mt_password_verify(pool, password, changed, &cheap, &fuzz_speed) == MT_PASSWORD_WRONG);
}

void fuzz_password(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash;

    /* Hashing takes most of the time of a run. */
    if (choice % 16 == 0)
        check_round_trip(pool, password, &input);
    hash = fuzz_take_rest(pool, &input);
    /* Other hashes have their own targets. */
    if (strncmp(hash, "$argon2id$", 10) != 0)
        return;
    mt_password_result_t result = mt_password_verify(pool, password, hash, &cheap, &fuzz_speed);
    fuzz_assert(result == MT_PASSWORD_WRONG || (mt_password_is_known(hash) && result != MT_PASSWORD_FAILED));
}
