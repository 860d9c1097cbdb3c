/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROGRESS_H
#define MT_PROGRESS_H

#include <apr_time.h>

/* How far a long command is, in one line of standard error; nothing is written when that is no terminal. */
typedef struct mt_progress_t {
    const char *what;
    apr_int64_t total, done;
    apr_time_t began, shown;
    int is_terminal;
} mt_progress_t;

/* what: in the plural, such as "messages". */
void mt_ctl_progress_begin(mt_progress_t *progress, const char *what, apr_int64_t total);

/* done: so far. */
void mt_ctl_progress_set(mt_progress_t *progress, apr_int64_t done);

/* Takes the line away. */
void mt_ctl_progress_end(mt_progress_t *progress);

#endif
