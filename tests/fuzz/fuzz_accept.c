/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/accept.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

void fuzz_accept(apr_pool_t *pool, const char *data, apr_size_t len)
{
    static const mt_accept_offer_t offer = { "text/plain", "0.0.4" };
    fuzz_input_t input = { data, len };
    const char *header = fuzz_take_rest(pool, &input);
    int is_named, is_same_named;
    int weight = mt_accept_weigh(header, &offer, &is_named);

    fuzz_assert(weight >= 0 && weight <= MT_ACCEPT_WEIGHT_ONE);
    if (weight > 0)
        fuzz_assert(strpbrk(header, "/"));
    /* The elements of the header are independent. An element before the header cannot be a part of a quoted string that
     * is not closed. */
    fuzz_assert(mt_accept_weigh(apr_pstrcat(pool, "a/b;c=\"d,\\\"\";q=x ,\t,", header, NULL), &offer, &is_same_named) ==
                weight);
    fuzz_assert(is_same_named == is_named);
    fuzz_assert(mt_accept_weigh(apr_pstrcat(pool, "text/plain;version=0.0.4,", header, NULL), &offer, &is_named) ==
                MT_ACCEPT_WEIGHT_ONE);
    fuzz_assert(is_named);
}
