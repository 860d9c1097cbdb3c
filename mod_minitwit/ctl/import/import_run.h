/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_RUN_H
#define MT_IMPORT_RUN_H

#include "ctl/import/import_batch.h"

typedef struct mt_import_request_t {
    mt_import_source_t *source;
    const mt_import_dates_t *dates; /* surveyed */
    int is_dry;                     /* 1: read, check and report everything, and write nothing */
} mt_import_request_t;

/* Imports a source completely. Returns NULL, or the message for the operator. Committed batches stay, and another run
 * continues after them. The audit log has the numbers of added rows. If another user or message of the site has an id
 * or name of the source, the function changes nothing. */
const char *mt_ctl_import_run_all(const mt_import_request_t *request, PGconn *pg, mt_import_report_t *report,
                                  mt_import_totals_t *totals);

#endif
