/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_REPORT_H
#define MT_IMPORT_REPORT_H

#include "ctl/ctl.h"

#include <stdio.h>

/* What was not taken over as it was, or not at all. */
typedef enum mt_import_problem_t {
    MT_IMPORT_USER_WITHOUT_ID,
    MT_IMPORT_USER_REPEATED,
    MT_IMPORT_USER_MERGED,
    MT_IMPORT_USER_RENAMED,
    MT_IMPORT_USER_UNREACHABLE,
    MT_IMPORT_USER_NUMBER,
    MT_IMPORT_EMAIL_MISSING,
    MT_IMPORT_EMAIL_INVALID,
    MT_IMPORT_HASH_WRAPPED,
    MT_IMPORT_HASH_UNKNOWN,
    MT_IMPORT_MESSAGE_WITHOUT_ID,
    MT_IMPORT_MESSAGE_ORPHANED,
    MT_IMPORT_MESSAGE_TAKEN,
    MT_IMPORT_TEXT_TOO_LONG,
    MT_IMPORT_TEXT_MISSING,
    MT_IMPORT_TEXT_NUMBER,
    MT_IMPORT_TEXT_INVALID,
    MT_IMPORT_DATE_INVALID,
    MT_IMPORT_FLAG_MISSING,
    MT_IMPORT_FOLLOW_DANGLING,
    MT_IMPORT_FOLLOW_SELF,
    MT_IMPORT_FOLLOW_REPEATED,
    MT_IMPORT_PROBLEMS
} mt_import_problem_t;

#define MT_IMPORT_EXAMPLES 5

typedef struct mt_import_report_t {
    apr_pool_t *pool;
    FILE *file; /* gets all of them, a JSON object a line; NULL: none */
    int is_muted;
    apr_int64_t counts[MT_IMPORT_PROBLEMS];
    const char *examples[MT_IMPORT_PROBLEMS][MT_IMPORT_EXAMPLES]; /* fit for a terminal */
} mt_import_report_t;

/* id: a number as text, or a pair of them; name: any bytes, or NULL. */
void mt_ctl_import_report_add(mt_import_report_t *report, mt_import_problem_t problem, const char *id, const char *name,
                              apr_size_t len);

/* Prints a line for each kind there was. */
void mt_ctl_import_report_print(const mt_import_report_t *report, FILE *to);

/* The word that stands for a kind in JSON. */
const char *mt_ctl_import_report_word(mt_import_problem_t problem);

/* Any bytes in quotation marks, with nothing in them that a terminal would act upon. */
const char *mt_ctl_import_report_quote(apr_pool_t *pool, const char *data, apr_size_t len);

#endif
