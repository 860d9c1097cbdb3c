/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROWS_H
#define MT_ROWS_H

#include "ctl/ctl.h"

/* How rows of a result are printed, one by one as they come: as JSON objects by the names of the columns, a line each;
 * or as text, fit for a terminal. */
typedef struct mt_rows_t {
    int as_json;
    int is_vertical;  /* text: a line a column with its name, else a line a row with tabs between */
    apr_pool_t *pool; /* cleared at each row */
    int count;        /* how many there were */
} mt_rows_t;

void mt_ctl_rows_init(mt_rows_t *rows, const mt_ctl_t *ctl, int as_json);

/* For mt_plain_each. baton: mt_rows_t. Ends when standard output can take no more, which mt_ctl_rows_finish tells. */
int mt_ctl_rows_print(void *baton, const PGresult *row);

/* Returns message if it is not NULL. Otherwise flushes standard output. */
const char *mt_ctl_rows_finish(const char *message);

#endif
