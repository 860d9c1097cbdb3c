/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_ROWS_H
#define MT_IMPORT_ROWS_H

#include "core/buffer.h"
#include "ctl/import/import_dates.h"
#include "ctl/import/import_report.h"
#include "ctl/import/import_source.h"

/* Converts one row of a source to a line of COPY's text format, and appends it to lines. Adds problems to the report.
 * dates must have been surveyed. number is the number of the row, from 1. Returns 0 if the row is left out. */
int mt_ctl_import_rows_append(mt_buffer_t *lines, mt_import_report_t *report, const mt_import_dates_t *dates,
                              mt_import_table_t table, const mt_import_cell_t cells[MT_IMPORT_CELLS],
                              apr_int64_t number);

#endif
