/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROWS_H
#define MT_ROWS_H

#include "ctl/ctl.h"

/* Prints the rows of a result one by one as they arrive: as JSON objects, one per line, whose keys are the names of the
 * columns, or as text that is safe for a terminal. */
typedef struct mt_rows_t {
    int as_json;
    int is_vertical;  /* text: one line per column, with its name; otherwise one line per row, with tabs between columns
                       */
    apr_pool_t *pool; /* cleared at each row */
    int count;        /* of the rows so far */
} mt_rows_t;

void mt_ctl_rows_init(mt_rows_t *rows, const mt_ctl_t *ctl, int as_json);

/* For mt_plain_each; baton is a mt_rows_t. Returns 0 if standard output fails, which mt_ctl_rows_finish reports. */
int mt_ctl_rows_print(void *baton, const PGresult *row);

/* Returns message if it is not NULL. Otherwise flushes standard output. */
const char *mt_ctl_rows_finish(const char *message);

#endif
