/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_REPORT_H
#define MT_IMPORT_REPORT_H

#include "ctl/ctl.h"

#include <stdio.h>

/* The kinds of data that an import changes, drops or reports. */
typedef enum mt_import_problem_t {
    MT_IMPORT_USER_WITHOUT_ID,
    MT_IMPORT_USER_DELETED_THERE,
    MT_IMPORT_USER_REPEATED,
    MT_IMPORT_USER_MERGED,
    MT_IMPORT_USER_RENAMED,
    MT_IMPORT_USER_UNREACHABLE,
    MT_IMPORT_USER_MISLEADING,
    MT_IMPORT_USER_NUMBER,
    MT_IMPORT_EMAIL_MISSING,
    MT_IMPORT_EMAIL_INVALID,
    MT_IMPORT_HASH_WRAPPED,
    MT_IMPORT_HASH_UNKNOWN,
    MT_IMPORT_HASH_COSTLY,
    MT_IMPORT_MESSAGE_WITHOUT_ID,
    MT_IMPORT_MESSAGE_DELETED_THERE,
    MT_IMPORT_MESSAGE_ORPHANED,
    MT_IMPORT_MESSAGE_TAKEN,
    MT_IMPORT_TEXT_TOO_LONG,
    MT_IMPORT_TEXT_MISSING,
    MT_IMPORT_TEXT_NUMBER,
    MT_IMPORT_TEXT_INVALID,
    MT_IMPORT_DATE_INVALID,
    MT_IMPORT_DATE_OMITTED,
    MT_IMPORT_DATE_REPAIRED,
    MT_IMPORT_FLAG_MISSING,
    MT_IMPORT_FLAG_UNKNOWN,
    MT_IMPORT_FOLLOW_DELETED_THERE,
    MT_IMPORT_FOLLOW_DANGLING,
    MT_IMPORT_FOLLOW_SELF,
    MT_IMPORT_FOLLOW_REPEATED,
    MT_IMPORT_PROBLEMS
} mt_import_problem_t;

#define MT_IMPORT_EXAMPLES 5

typedef struct mt_import_report_t {
    apr_pool_t *pool;
    FILE *file;   /* gets each problem as a line of JSON; may be NULL */
    int is_muted; /* 1: ignore problems, because these rows are read again later */
    apr_int64_t counts[MT_IMPORT_PROBLEMS];
    const char *examples[MT_IMPORT_PROBLEMS][MT_IMPORT_EXAMPLES]; /* escaped for a terminal */
} mt_import_report_t;

/* Adds a problem. id is a number as text, or a pair of them. name is any bytes, or NULL. */
void mt_ctl_import_report_add(mt_import_report_t *report, mt_import_problem_t problem, const char *id, const char *name,
                              apr_size_t len);

/* Prints a line for each kind that occurred. */
void mt_ctl_import_report_print(const mt_import_report_t *report, FILE *to);

/* Returns the name of a kind in JSON. */
const char *mt_ctl_import_report_word(mt_import_problem_t problem);

/* Returns any bytes in quotation marks, escaped for a terminal and cut after 80 bytes. */
const char *mt_ctl_import_report_quote(apr_pool_t *pool, const char *data, apr_size_t len);

#endif
