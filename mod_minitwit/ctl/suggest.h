/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_SUGGEST_H
#define MT_CTL_SUGGEST_H

#include <apr_tables.h>

/* Finds the known word that a user probably meant by an unknown one, for "Did you mean ...?". words are texts (const
 * char *). Returns the word with the smallest edit distance (R. A. Wagner and M. J. Fischer, "The String-to-String
 * Correction Problem", 1974), or NULL if more than a third of the letters differ, and at least two. */
const char *mt_ctl_suggest_word(const char *unknown, const apr_array_header_t *words);

#endif
