/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cursor.h"
#include "targets.h"

/* A cursor that was read is the same after it was written and read again. */
void fuzz_cursor(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *text = fuzz_take_rest(pool, &input);
    mt_cursor_t cursor, again;

    if (!mt_cursor_parse(text, &cursor))
        return;
    fuzz_assert(cursor.id >= 0);
    fuzz_assert(mt_cursor_parse(mt_cursor_format(pool, &cursor), &again));
    fuzz_assert(mt_cursor_compare(&cursor, &again) == 0);
}
