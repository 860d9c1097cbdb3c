/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_dates.h"

#include "core/timestamp.h"
#include "ctl/import/import_cell.h"
#include "ctl/import/import_report.h"
#include "ctl/progress.h"

#include <apr_strings.h>
#include <string.h>

/* In all units, numbers below this are times of January 1970. It is less than a date as a Julian day, or as 20250227.
 */
#define SMALL 1000000

static const char *const unit_names[] = { "seconds", "milliseconds", "microseconds", "nanoseconds" };
static const char *const order_names[] = { NULL, "day-first", "month-first" };

static const char *set_choice(mt_import_dates_t *dates, const char *choice)
{
    for (int i = 0; i < MT_DATE_UNITS; i++) {
        if (strcmp(choice, unit_names[i]) == 0) {
            dates->unit = (mt_date_unit_t)i;
            return NULL;
        }
    }
    for (int i = MT_DATE_DAY_FIRST; i <= MT_DATE_MONTH_FIRST; i++) {
        if (strcmp(choice, order_names[i]) == 0) {
            dates->order = (mt_date_order_t)i;
            return NULL;
        }
    }
    return apr_psprintf(dates->pool,
                        "--dates \"%s\" is not valid\n  Use seconds, milliseconds, microseconds, nanoseconds, "
                        "day-first or month-first.",
                        choice);
}

static const char *set_undated(mt_import_dates_t *dates, const char *text)
{
    mt_date_t date;

    dates->is_undated_omitted = strcmp(text, "omit") == 0;
    if (dates->is_undated_omitted)
        return NULL;
    mt_date_parse(text, strlen(text), &date);
    dates->is_undated_kept = date.kind == MT_DATE_TIME;
    dates->undated = date.time;
    return dates->is_undated_kept
               ? NULL
               : apr_psprintf(dates->pool, "--undated \"%s\" is not valid\n  Use a date such as 2020-12-31, or omit.",
                              text);
}

const char *mt_ctl_import_dates_set(mt_import_dates_t *dates, const char *choices, const char *undated)
{
    char *last, *copy = apr_pstrdup(dates->pool, choices ? choices : "");
    const char *message = NULL;

    dates->unit = MT_DATE_UNITS;
    for (char *choice = apr_strtok(copy, "\n,", &last); choice && !message; choice = apr_strtok(NULL, "\n,", &last))
        message = set_choice(dates, choice);
    return !message && undated ? set_undated(dates, undated) : message;
}

static void read_cell(const mt_import_cell_t *cell, mt_date_t *date)
{
    if (cell->kind == MT_IMPORT_INTEGER)
        mt_date_set_integer(date, cell->integer);
    else if (cell->kind == MT_IMPORT_REAL)
        mt_date_set_real(date, cell->real);
    else
        mt_date_parse(cell->kind == MT_IMPORT_NULL ? "" : cell->data, cell->kind == MT_IMPORT_NULL ? 0 : cell->len,
                      date);
}

static int is_small(const mt_date_t *date)
{
    double value = date->is_integer ? (double)date->integer : date->real;

    return value > -SMALL && value < SMALL;
}

int mt_ctl_import_dates_take(const mt_import_dates_t *dates, const mt_import_cell_t *cell, apr_time_t *time)
{
    mt_date_t date;

    read_cell(cell, &date);
    if (date.kind == MT_DATE_NUMBER)
        return dates->unit != MT_DATE_UNITS &&
               (dates->is_unit_given || mt_date_find_unit(&date) == dates->unit ||
                (dates->is_small && is_small(&date))) &&
               mt_date_convert(&date, dates->unit, time);
    *time = date.kind == MT_DATE_TWO && dates->order == MT_DATE_MONTH_FIRST ? date.month_first : date.time;
    return date.kind == MT_DATE_TIME || (date.kind == MT_DATE_TWO && dates->order != MT_DATE_NO_ORDER);
}

static void note(const mt_import_dates_t *dates, mt_import_examples_t *examples,
                 const mt_import_cell_t cells[MT_IMPORT_CELLS])
{
    const mt_import_cell_t *cell = &cells[MT_IMPORT_MESSAGE_DATE];
    apr_pool_t *pool = dates->pool;
    const char *text = "NULL";

    if (examples->count++ >= MT_IMPORT_DATE_EXAMPLES)
        return;
    if (cell->kind == MT_IMPORT_INTEGER)
        text = apr_psprintf(pool, "%" APR_INT64_T_FMT, cell->integer);
    else if (cell->kind == MT_IMPORT_REAL)
        text = apr_psprintf(pool, "%f", cell->real);
    else if (cell->kind == MT_IMPORT_BYTES)
        text = mt_ctl_import_report_quote(pool, cell->data, cell->len);
    if (cells[0].kind == MT_IMPORT_INTEGER)
        text = apr_psprintf(pool, "%s in message %" APR_INT64_T_FMT, text, cells[0].integer);
    examples->texts[examples->count - 1] = text;
}

static void stretch(mt_import_range_t *range, apr_time_t time)
{
    if (range->count == 0 || time < range->first)
        range->first = time;
    if (range->count == 0 || time > range->last)
        range->last = time;
    range->count++;
}

static void stretch_by(mt_import_range_t *range, const mt_import_range_t *other)
{
    if (other->count == 0)
        return;
    stretch(range, other->first);
    stretch(range, other->last);
    range->count += other->count - 2;
}

static void survey_number(mt_import_dates_t *dates, const mt_date_t *date,
                          const mt_import_cell_t cells[MT_IMPORT_CELLS])
{
    mt_date_unit_t unit = dates->is_unit_given ? dates->unit : mt_date_find_unit(date);
    apr_time_t time;

    if (unit == MT_DATE_UNITS && dates->is_original && is_small(date) &&
        mt_date_convert(date, MT_DATE_SECONDS, &time)) {
        note(dates, &dates->small, cells);
        stretch(&dates->of_small, time);
        return;
    }
    if (unit == MT_DATE_UNITS || !mt_date_convert(date, unit, &time)) {
        note(dates, &dates->unreadable, cells);
        dates->numbers += mt_date_find_unit(date) == MT_DATE_UNITS;
        return;
    }
    note(dates, &dates->units[unit], cells);
    stretch(&dates->of_units[unit], time);
}

static void survey_row(mt_import_dates_t *dates, const mt_import_cell_t cells[MT_IMPORT_CELLS])
{
    mt_date_t date;

    if (mt_ctl_import_cell_is_deleted(&cells[MT_IMPORT_MESSAGE_DELETED]))
        return;
    read_cell(&cells[MT_IMPORT_MESSAGE_DATE], &date);
    if (date.kind == MT_DATE_NUMBER)
        survey_number(dates, &date, cells);
    else if (date.kind == MT_DATE_NONE)
        note(dates, &dates->unreadable, cells);
    else {
        dates->zoneless += !date.has_zone;
        if (date.order != MT_DATE_NO_ORDER)
            note(dates, &dates->orders[date.order], cells);
        if (date.kind == MT_DATE_TIME)
            stretch(&dates->all, date.time);
        else {
            note(dates, &dates->open, cells);
            stretch(&dates->of_orders[MT_DATE_DAY_FIRST], date.time);
            stretch(&dates->of_orders[MT_DATE_MONTH_FIRST], date.month_first);
        }
    }
}

/* Returns "3 messages have PROBLEM, for example: ..." on a line of its own after the text before. */
static const char *complain(const mt_import_dates_t *dates, const char *before, const mt_import_examples_t *examples,
                            const char *problem, const char *hint)
{
    const char *list = "";

    for (int i = 0; i < MT_IMPORT_DATE_EXAMPLES && i < examples->count; i++)
        list = apr_pstrcat(dates->pool, list, i ? ", " : "", examples->texts[i], NULL);
    return apr_psprintf(dates->pool, "%s%s%" APR_INT64_T_FMT " message%s a date %s: %s%s%s%s", before,
                        *before ? "\n  " : "", examples->count, examples->count == 1 ? " has" : "s have", problem, list,
                        examples->count > MT_IMPORT_DATE_EXAMPLES ? ", ..." : "", hint ? "\n  " : "", hint ? hint : "");
}

/* Small numbers have no meaning beside others. */
static void join(mt_import_dates_t *dates)
{
    mt_import_examples_t *unreadable = &dates->unreadable;

    for (int i = 0; i < MT_IMPORT_DATE_EXAMPLES && i < dates->small.count; i++) {
        if (unreadable->count + i < MT_IMPORT_DATE_EXAMPLES)
            unreadable->texts[unreadable->count + i] = dates->small.texts[i];
    }
    unreadable->count += dates->small.count;
    dates->numbers += dates->small.count;
}

static const char *decide_unit(mt_import_dates_t *dates, const char *before)
{
    int count = 0;

    if (dates->is_unit_given)
        return before;
    for (int i = 0; i < MT_DATE_UNITS; i++) {
        if (dates->units[i].count > 0 && count++ == 0)
            dates->unit = (mt_date_unit_t)i;
    }
    if (count == 0 && dates->small.count > 0) {
        dates->unit = MT_DATE_SECONDS;
        dates->is_small = 1;
        stretch_by(&dates->of_units[MT_DATE_SECONDS], &dates->of_small);
    }
    else
        join(dates);
    if (count < 2)
        return before;
    for (int i = 0, shown = 0; i < MT_DATE_UNITS; i++) {
        if (dates->units[i].count > 0)
            before = complain(
                dates, before, &dates->units[i], apr_psprintf(dates->pool, "that looks like %s", unit_names[i]),
                ++shown == count ? "Use --dates UNIT to read all numbers in one unit, or correct the dates." : NULL);
    }
    return before;
}

/* A date such as 27/02/2025 shows the order of all others, unless another one contradicts it. */
static const char *decide_order(mt_import_dates_t *dates, const char *before)
{
    const mt_import_examples_t *orders = dates->orders;

    if (dates->order != MT_DATE_NO_ORDER || dates->open.count == 0)
        return before;
    if ((orders[MT_DATE_DAY_FIRST].count > 0) != (orders[MT_DATE_MONTH_FIRST].count > 0)) {
        dates->order = orders[MT_DATE_DAY_FIRST].count > 0 ? MT_DATE_DAY_FIRST : MT_DATE_MONTH_FIRST;
        return before;
    }
    return complain(dates, before, &dates->open, "with two meanings", "Use --dates day-first or --dates month-first.");
}

static const char *decide_unreadable(mt_import_dates_t *dates, const char *before)
{
    dates->undated_count = dates->unreadable.count;
    if (dates->unreadable.count == 0 || dates->is_undated_kept || dates->is_undated_omitted)
        return before;
    return complain(dates, before, &dates->unreadable, "that cannot be read",
                    dates->numbers > 0
                        ? "Numbers are read without an option if they lie in the years 2000 to 2099. Use "
                          "--dates UNIT to read all numbers.\n  Use --undated DATE to give these "
                          "messages a date, or --undated omit to leave them out."
                        : "Use --undated DATE to give these messages a date, or --undated omit to leave "
                          "them out.");
}

const char *mt_ctl_import_dates_survey(mt_import_dates_t *dates, const mt_import_source_t *source)
{
    mt_import_cell_t cells[MT_IMPORT_CELLS] = { { .kind = MT_IMPORT_NULL } };
    mt_progress_t progress;
    int has_row = 1;
    apr_int64_t rows = 0;
    const char *message = source->begin(source->self, MT_IMPORT_MESSAGES), *refusal = "";

    if (!source->map)
        dates->unit = MT_DATE_SECONDS;
    dates->is_unit_given = dates->unit != MT_DATE_UNITS;
    if (source->map) {
        const mt_import_table_map_t *messages = &source->map->tables[MT_IMPORT_MESSAGES];

        dates->has_flags = messages->columns[MT_IMPORT_MESSAGE_FLAG] >= 0;
        dates->is_original =
            messages->origin == MT_IMPORT_ORIGINAL && messages->origins[MT_IMPORT_MESSAGE_DATE] == MT_IMPORT_ORIGINAL;
    }
    else
        dates->has_flags = 1;
    mt_ctl_progress_begin(&progress, "reading dates", source->counts[MT_IMPORT_MESSAGES]);
    while (!message && has_row) {
        message = source->next(source->self, cells, &has_row);
        if (message || !has_row)
            break;
        survey_row(dates, cells);
        mt_ctl_progress_set(&progress, ++rows);
    }
    mt_ctl_progress_end(&progress);
    if (message)
        return message;
    refusal = decide_unreadable(dates, decide_order(dates, decide_unit(dates, refusal)));
    if (dates->unit != MT_DATE_UNITS)
        stretch_by(&dates->all, &dates->of_units[dates->unit]);
    stretch_by(&dates->all, &dates->of_orders[dates->order]);
    return *refusal ? apr_pstrcat(dates->pool, refusal, "\n  Nothing was imported.", NULL) : NULL;
}

const char *mt_ctl_import_dates_describe(const mt_import_dates_t *dates)
{
    char first[MT_TIMESTAMP_SIZE], last[MT_TIMESTAMP_SIZE];
    const char *text = "dates      none\n";

    if (dates->all.count > 0)
        text = apr_psprintf(dates->pool, "dates      %s to %s\n", mt_timestamp_format_rfc3339(first, dates->all.first),
                            mt_timestamp_format_rfc3339(last, dates->all.last));
    if (dates->unit != MT_DATE_UNITS && dates->of_units[dates->unit].count > 0)
        text = apr_psprintf(dates->pool, "%s           numbers: %s since 1970\n", text, unit_names[dates->unit]);
    if (dates->open.count > 0 && dates->order != MT_DATE_NO_ORDER)
        text =
            apr_psprintf(dates->pool, "%s           dates such as 02/03/2025: %s\n", text, order_names[dates->order]);
    if (dates->zoneless > 0)
        text = apr_psprintf(dates->pool, "%s           without a time zone: %" APR_INT64_T_FMT ", read as UTC\n", text,
                            dates->zoneless);
    return text;
}

const char *mt_ctl_import_dates_json(const mt_import_dates_t *dates)
{
    char first[MT_TIMESTAMP_SIZE], last[MT_TIMESTAMP_SIZE];
    int has_numbers = dates->unit != MT_DATE_UNITS && dates->of_units[dates->unit].count > 0;
    const char *text = dates->all.count == 0 ? "\"first\":null,\"last\":null"
                                             : apr_psprintf(dates->pool, "\"first\":\"%s\",\"last\":\"%s\"",
                                                            mt_timestamp_format_rfc3339(first, dates->all.first),
                                                            mt_timestamp_format_rfc3339(last, dates->all.last));
    const char *unit = has_numbers ? apr_pstrcat(dates->pool, "\"", unit_names[dates->unit], "\"", NULL) : "null";
    const char *order = dates->order != MT_DATE_NO_ORDER
                            ? apr_pstrcat(dates->pool, "\"", order_names[dates->order], "\"", NULL)
                            : "null";

    return apr_psprintf(dates->pool,
                        "%s,\"unit\":%s,\"order\":%s,\"without_zone\":%" APR_INT64_T_FMT
                        ",\"unreadable\":%" APR_INT64_T_FMT,
                        text, unit, order, dates->zoneless, dates->undated_count);
}
