/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DATE_WORDS_H
#define MT_DATE_WORDS_H

#include <apr.h>

/* The English words of dates, in any case of letters. Each function takes a word of len letters. */

/* Returns the number of letters at the beginning of a text. */
apr_size_t mt_date_words_length(const char *text);

/* Returns 1 to 12 for a name of a month or its first three letters, or 0. */
int mt_date_words_month(const char *word, apr_size_t len);

/* Returns 1 for a name of a day or its first three letters. */
int mt_date_words_is_weekday(const char *word, apr_size_t len);

/* Returns 1 for AM, 2 for PM, or 0. */
int mt_date_words_half(const char *word, apr_size_t len);

/* Sets *offset to the seconds east of UTC of a zone's name. Returns 0 for names that are unknown or that several zones
 * share, such as CST and IST. The names are those of RFC 2822 and of Central Europe. */
int mt_date_words_zone(const char *word, apr_size_t len, int *offset);

#endif
