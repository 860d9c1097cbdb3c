/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date_words.h"
#include "targets.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* A word has at most one meaning, and the same in capital letters. */
void fuzz_date_words(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    char *word = fuzz_take_rest(pool, &input);
    apr_size_t letters = mt_date_words_length(word);
    char *upper = apr_pstrmemdup(pool, word, letters);
    int month = mt_date_words_month(word, letters), half = mt_date_words_half(word, letters), zone = 0, same = 0;
    int has_zone = mt_date_words_zone(word, letters, &zone);

    fuzz_assert(letters <= strlen(word) && !apr_isalpha(word[letters]));
    for (apr_size_t i = 0; i < letters; i++) {
        fuzz_assert(apr_isalpha(word[i]));
        upper[i] = (char)apr_toupper(word[i]);
    }
    fuzz_assert(month >= 0 && month <= 12 && half >= 0 && half <= 2);
    fuzz_assert(month == mt_date_words_month(upper, letters) && half == mt_date_words_half(upper, letters));
    fuzz_assert(has_zone == mt_date_words_zone(upper, letters, &same) && zone == same);
    fuzz_assert(zone % 3600 == 0 && zone > -12 * 3600 && zone < 14 * 3600);
    fuzz_assert((month > 0) + mt_date_words_is_weekday(word, letters) + (half > 0) + has_zone <= 1);
}
