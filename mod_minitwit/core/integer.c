/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/integer.h"

#include <string.h>

/* Not isspace() and isdigit(), because they depend on the locale. */
static const char spaces[] = " \t\n\v\f\r";

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

typedef enum reading_t {
    READING_NONE, /* the text is not an integer */
    READING_EXACT,
    READING_CLAMPED
} reading_t;

static reading_t read_integer(const char *text, apr_int64_t *value)
{
    apr_int64_t number = 0;
    reading_t reading = READING_EXACT;
    int negative;

    if (text == NULL)
        return READING_NONE;
    text += strspn(text, spaces);
    negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return READING_NONE;
    for (; is_digit(*text); text++) {
        int digit = *text - '0';

        /* A negative number is built downwards, because the smallest one has no positive counterpart. */
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, negative ? -digit : digit, &number))
            reading = READING_CLAMPED;
    }
    text += strspn(text, spaces);
    if (*text != '\0')
        return READING_NONE;
    *value = number;
    if (reading == READING_CLAMPED)
        *value = negative ? APR_INT64_MIN : APR_INT64_MAX;
    return reading;
}

int mt_integer_parse(const char *text, apr_int64_t *value)
{
    apr_int64_t number;

    if (read_integer(text, &number) != READING_EXACT)
        return 0;
    *value = number;
    return 1;
}

int mt_integer_parse_clamped(const char *text, apr_int64_t *value)
{
    return read_integer(text, value) != READING_NONE;
}

#define COUNT_SIZE 32 /* 19 digits, 6 commas, a plus sign and the NUL */

const char *mt_integer_format_count(apr_pool_t *pool, apr_int64_t count, apr_int64_t max)
{
    char *end = (char *)apr_palloc(pool, COUNT_SIZE) + COUNT_SIZE;
    apr_int64_t rest = count > max ? max : count;
    int digits = 0;

    *--end = '\0';
    if (count > max)
        *--end = '+';
    do {
        if (digits > 0 && digits % 3 == 0)
            *--end = ',';
        *--end = (char)('0' + rest % 10);
        rest /= 10;
        digits++;
    } while (rest > 0);
    return end;
}
