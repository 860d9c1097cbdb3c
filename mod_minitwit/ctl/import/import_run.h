/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_RUN_H
#define MT_IMPORT_RUN_H

#include "ctl/import/import_batch.h"

/* Imports all of a source. Returns NULL, or the message for the operator. What was committed until then stays, and
 * another run goes on from there; the audit tells how far it came. Nothing is written when somebody else has an id or a
 * name of the source. */
const char *mt_ctl_import_run_all(apr_pool_t *pool, PGconn *pg, mt_import_source_t *source, mt_import_report_t *report,
                                  mt_import_totals_t *totals);

#endif
