/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROGRESS_H
#define MT_PROGRESS_H

#include <apr_time.h>

/* The progress of a long command. It is shown in one line of standard error, if that is a terminal. */
typedef struct mt_progress_t {
    const char *label;
    apr_int64_t total, done;
    apr_time_t began, shown;
    int is_terminal;
} mt_progress_t;

/* label names the counted things in the plural, such as "messages". */
void mt_ctl_progress_begin(mt_progress_t *progress, const char *label, apr_int64_t total);

/* done is the number since the beginning. */
void mt_ctl_progress_set(mt_progress_t *progress, apr_int64_t done);

/* Erases the line. */
void mt_ctl_progress_end(mt_progress_t *progress);

#endif
