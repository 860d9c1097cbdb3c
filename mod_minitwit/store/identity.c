/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/identity.h"

#include "store/value.h"

mt_identity_t *mt_identity_take(apr_pool_t *pool, const PGresult *result)
{
    if (PQntuples(result) == 0)
        return NULL;
    mt_identity_t *taken = apr_palloc(pool, sizeof(*taken));
    taken->id = mt_value_text(pool, result, 0, 0);
    taken->date = mt_value_text(pool, result, 0, 1);
    taken->created_at = mt_value_integer(result, 0, 2);
    return taken;
}
