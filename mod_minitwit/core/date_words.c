/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date_words.h"

#include <apr_lib.h>
#include <string.h>
#include <strings.h>

static const char *const months[] = { "january", "february", "march",     "april",   "may",      "june",
                                      "july",    "august",   "september", "october", "november", "december" };
static const char *const weekdays[] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };

static const struct {
    const char *name;
    int hours;
} zones[] = {
    { "Z", 0 },    { "UTC", 0 },  { "GMT", 0 },  { "UT", 0 },   { "EST", -5 }, { "EDT", -4 }, { "CDT", -5 },
    { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 }, { "CET", 1 },  { "CEST", 2 },
};

apr_size_t mt_date_words_length(const char *text)
{
    apr_size_t len = 0;

    while (apr_isalpha(text[len]))
        len++;
    return len;
}

/* Returns the number of the word in a list, from 1, or 0. */
static int find(const char *const *list, int count, const char *word, apr_size_t len)
{
    for (int i = 0; i < count; i++) {
        if ((len == 3 || len == strlen(list[i])) && strncasecmp(list[i], word, len) == 0)
            return i + 1;
    }
    return 0;
}

int mt_date_words_month(const char *word, apr_size_t len)
{
    return find(months, 12, word, len);
}

int mt_date_words_is_weekday(const char *word, apr_size_t len)
{
    return find(weekdays, 7, word, len) > 0;
}

int mt_date_words_half(const char *word, apr_size_t len)
{
    if (len != 2)
        return 0;
    return strncasecmp(word, "am", 2) == 0 ? 1 : strncasecmp(word, "pm", 2) == 0 ? 2 : 0;
}

int mt_date_words_zone(const char *word, apr_size_t len, int *offset)
{
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (len == strlen(zones[i].name) && strncasecmp(word, zones[i].name, len) == 0) {
            *offset = zones[i].hours * 3600;
            return 1;
        }
    }
    return 0;
}
