/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_RUN_H
#define MT_IMPORT_RUN_H

#include "ctl/import/import_batch.h"

/* Imports a source completely. Returns NULL, or the message for the operator. Committed batches stay, and another run
 * continues after them. The audit log has the numbers of added rows. If another user or message of the site has an id
 * or name of the source, the function changes nothing. */
const char *mt_ctl_import_run_all(apr_pool_t *pool, PGconn *pg, mt_import_source_t *source, mt_import_report_t *report,
                                  mt_import_totals_t *totals);

#endif
