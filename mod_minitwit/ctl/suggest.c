/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/suggest.h"

#include <string.h>

/* A longer text is no misspelt command. */
#define LENGTH_MAX 32

/* One row of the matrix is enough: row[i] is the distance between the first i letters of a and those letters of b that
 * were read so far. */
static size_t measure(const char *a, const char *b)
{
    size_t row[LENGTH_MAX + 1], len = strlen(a);

    for (size_t i = 0; i <= len; i++)
        row[i] = i;
    for (size_t j = 0; b[j]; j++) {
        size_t diagonal = row[0];
        row[0] = j + 1;
        for (size_t i = 1; i <= len; i++) {
            size_t above = row[i];
            size_t best = diagonal + (a[i - 1] != b[j]);
            if (best > above + 1)
                best = above + 1;
            if (best > row[i - 1] + 1)
                best = row[i - 1] + 1;
            row[i] = best;
            diagonal = above;
        }
    }
    return row[len];
}

const char *mt_ctl_suggest_word(const char *unknown, const apr_array_header_t *words)
{
    size_t len = strlen(unknown), best = (len / 3 > 2 ? len / 3 : 2) + 1;
    const char *found = NULL;

    if (len > LENGTH_MAX)
        return NULL;
    for (int i = 0; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);
        size_t distance = measure(unknown, word);
        /* A word with as many differences as letters is another word. */
        if (distance < best && distance < len) {
            best = distance;
            found = word;
        }
    }
    return found;
}
