/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"

#include "core/password_argon2.h"
#include "core/password_foreign.h"
#include "core/password_parse.h"
#include "core/password_wrapped.h"

#include <openssl/err.h>
#include <string.h>

static int parse(const char *hash, mt_password_stored_t *stored)
{
    if (strlen(hash) > MT_PASSWORD_PARSE_MAX)
        return 0;
    memset(stored, 0, sizeof(*stored));
    return mt_password_argon2_parse(hash, stored) || mt_password_wrapped_parse(hash, stored) ||
           mt_password_foreign_parse(hash, stored);
}

/* Skips the mark of a disabled user. */
static const char *skip_mark(const char *hash)
{
    return *hash == MT_PASSWORD_DISABLED ? hash + 1 : hash;
}

static int is_within(const mt_password_stored_t *stored, const mt_password_cost_t *cost)
{
    return stored->cost.passes > 0 && stored->cost.passes <= cost->passes &&
           stored->cost.memory / 1024 <= cost->memory / 1024;
}

static int is_current(const mt_password_stored_t *stored, const mt_password_cost_t *cost)
{
    return stored->is_ours && stored->cost.passes == cost->passes && stored->cost.memory / 1024 == cost->memory / 1024;
}

static mt_password_result_t verify(apr_pool_t *pool, const char *password, const char *hash,
                                   const mt_password_cost_t *cost, const mt_password_speed_t *speed)
{
    mt_password_stored_t stored;
    mt_password_result_t result;

    if (!parse(hash, &stored) ||
        (!is_within(&stored, cost) && !mt_password_stored_is_affordable(&stored, speed, strlen(password))))
        return MT_PASSWORD_WRONG;
    /* OpenSSL's errors stay in the thread's queue, where TLS would mistake them for its own. */
    ERR_set_mark();
    result = stored.verify(&stored, pool, password);
    ERR_pop_to_mark();
    return result == MT_PASSWORD_RIGHT && !is_current(&stored, cost) ? MT_PASSWORD_OUTDATED : result;
}

mt_password_result_t mt_password_verify(apr_pool_t *pool, const char *password, const char *hash,
                                        const mt_password_cost_t *cost, const mt_password_speed_t *speed)
{
    mt_password_result_t result = verify(pool, password, skip_mark(hash), cost, speed);

    return *hash == MT_PASSWORD_DISABLED && result != MT_PASSWORD_FAILED ? MT_PASSWORD_WRONG : result;
}

int mt_password_is_known(const char *hash)
{
    mt_password_stored_t stored;

    return parse(skip_mark(hash), &stored);
}

int mt_password_is_affordable(const char *hash, const mt_password_speed_t *speed)
{
    mt_password_stored_t stored;

    return parse(skip_mark(hash), &stored) && mt_password_stored_is_affordable(&stored, speed, 0);
}

int mt_password_is_foreign(const char *hash, const mt_password_cost_t *cost)
{
    mt_password_stored_t stored;

    return parse(skip_mark(hash), &stored) && !is_within(&stored, cost);
}
