/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_DATES_H
#define MT_IMPORT_DATES_H

#include "core/date.h"
#include "ctl/import/import_source.h"

/* The dates of another site. They have many forms, and only all of them together show in which unit a number counts,
 * and whether the day or the month is first. So the import reads all dates before it writes anything. */

#define MT_IMPORT_DATE_EXAMPLES 3

/* Dates of one kind, for messages. */
typedef struct mt_import_examples_t {
    apr_int64_t count;
    const char *texts[MT_IMPORT_DATE_EXAMPLES];
} mt_import_examples_t;

/* The first and the last of some times. */
typedef struct mt_import_range_t {
    apr_int64_t count;
    apr_time_t first, last;
} mt_import_range_t;

typedef struct mt_import_dates_t {
    apr_pool_t *pool;
    mt_date_unit_t unit;       /* of numbers; MT_DATE_UNITS until it is known */
    int is_unit_given;         /* 1: the unit is also right for numbers far from today */
    int is_original, is_small; /* the source has the original's tables, which count seconds; all its numbers are small,
                                * so that no unit contradicts */
    mt_date_order_t order;     /* of numeric dates such as 02/03/2025; MT_DATE_NO_ORDER until it is known */
    int is_undated_kept, is_undated_omitted; /* --undated: messages without a readable date get undated, or stay out */
    apr_time_t undated;
    /* Found in the source. */
    mt_import_range_t all;
    int has_flags;                                /* the source has flags, so a missing one is reported */
    apr_int64_t zoneless, numbers, undated_count; /* numbers: those that are unreadable for want of a unit */
    mt_import_range_t of_small;
    mt_import_examples_t small, unreadable, units[MT_DATE_UNITS], open, orders[MT_DATE_MONTH_FIRST + 1];
    mt_import_range_t of_units[MT_DATE_UNITS], of_orders[MT_DATE_MONTH_FIRST + 1];
} mt_import_dates_t;

/* Sets the members that options decide. choices has the values of --dates, one per line, and undated that of --undated.
 * Both may be NULL. Returns NULL, or the message for the operator, like the next function. */
const char *mt_ctl_import_dates_set(mt_import_dates_t *dates, const char *choices, const char *undated);

/* Reads all messages of the source, and finds the unit and the order. Fails if some dates cannot be read or have two
 * meanings, and no option decides. */
const char *mt_ctl_import_dates_survey(mt_import_dates_t *dates, const mt_import_source_t *source);

/* Returns 1 and sets *time if a date is readable. */
int mt_ctl_import_dates_take(const mt_import_dates_t *dates, const mt_import_cell_t *cell, apr_time_t *time);

/* Returns lines for the operator: the first and the last date, and the meaning that the import gives to the dates. */
const char *mt_ctl_import_dates_describe(const mt_import_dates_t *dates);

/* Returns the members of a JSON object: "first", "last", "unit", "order", "without_zone", "unreadable". */
const char *mt_ctl_import_dates_json(const mt_import_dates_t *dates);

#endif
