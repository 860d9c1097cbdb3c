/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cursor.h"

#include "core/date.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DATE_MIN (MT_DATE_SECONDS_MIN * APR_USEC_PER_SEC)
#define DATE_MAX (MT_DATE_SECONDS_MAX * APR_USEC_PER_SEC + APR_USEC_PER_SEC - 1)

/* Parses decimal digits up to the character end, of which text has at least one. Returns 1 and sets *value. */
static int parse_digits(const char *text, char end, apr_int64_t *value)
{
    char *rest;

    if (!apr_isdigit(*text))
        return 0;
    errno = 0;
    *value = strtoll(text, &rest, 10);
    return errno == 0 && *rest == end;
}

int mt_cursor_parse(const char *text, mt_cursor_t *cursor)
{
    mt_cursor_t found;
    int is_negative = text && *text == '-';

    if (!text || !parse_digits(text + is_negative, '-', &found.pub_date))
        return 0;
    if (!parse_digits(strchr(text + is_negative, '-') + 1, '\0', &found.id) || found.id == INT64_MAX)
        return 0;
    if (is_negative)
        found.pub_date = -found.pub_date;
    if (found.pub_date < DATE_MIN || found.pub_date > DATE_MAX)
        return 0;
    *cursor = found;
    return 1;
}

const char *mt_cursor_format(apr_pool_t *pool, const mt_cursor_t *cursor)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT "-%" APR_INT64_T_FMT, cursor->pub_date, cursor->id);
}

int mt_cursor_compare(const mt_cursor_t *first, const mt_cursor_t *second)
{
    if (first->pub_date != second->pub_date)
        return first->pub_date > second->pub_date ? 1 : -1;
    return (first->id > second->id) - (first->id < second->id);
}
