/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/integer.h"

#include <string.h>

/* Not isspace() and isdigit(), which ask the locale. */
static const char spaces[] = " \t\n\v\f\r";

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int mt_integer_parse(const char *text, apr_int64_t *value)
{
    apr_int64_t number = 0;
    int negative;

    if (text == NULL)
        return 0;
    text += strspn(text, spaces);
    negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return 0;
    for (; is_digit(*text); text++) {
        int digit = *text - '0';

        /* Counting downwards for a negative number reaches the smallest one, which has no positive counterpart. */
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, negative ? -digit : digit, &number))
            return 0;
    }
    text += strspn(text, spaces);
    if (*text != '\0')
        return 0;
    *value = number;
    return 1;
}
