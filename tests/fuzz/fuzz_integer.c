/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/integer.h"
#include "targets.h"

#include <string.h>

/* Returns 1 and sets *value if the text is an integer. If it exceeds 64 bits, *value is the nearest number. */
static int read_integer(const char *text, apr_int64_t *value, int *is_exact)
{
    static const char spaces[] = " \t\n\v\f\r";
    __extension__ __int128 number = 0;
    const char *end = text + strlen(text);
    int sign = 1;

    while (*text && strchr(spaces, *text))
        text++;
    while (end > text && strchr(spaces, end[-1]))
        end--;
    if (text < end && (*text == '+' || *text == '-'))
        sign = *text++ == '-' ? -1 : 1;
    if (text == end)
        return 0;
    *is_exact = 1;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        if (number <= APR_INT64_MAX && number >= APR_INT64_MIN)
            number = number * 10 + sign * (*text - '0');
    }
    *is_exact = number >= APR_INT64_MIN && number <= APR_INT64_MAX;
    if (*is_exact)
        *value = (apr_int64_t)number;
    else
        *value = sign < 0 ? APR_INT64_MIN : APR_INT64_MAX;
    return 1;
}

void fuzz_integer(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *text = fuzz_take_rest(pool, &input);
    apr_int64_t expected = 0;
    apr_int64_t value = 42;
    int is_exact = 0;
    int is_integer = read_integer(text, &expected, &is_exact);

    fuzz_assert(mt_integer_parse(text, &value) == (is_integer && is_exact));
    fuzz_assert(value == (is_integer && is_exact ? expected : 42));
    value = 42;
    fuzz_assert(mt_integer_parse_clamped(text, &value) == is_integer);
    fuzz_assert(value == (is_integer ? expected : 42));
    fuzz_assert(mt_integer_parse(NULL, &value) == 0 && mt_integer_parse_clamped(NULL, &value) == 0);
}
