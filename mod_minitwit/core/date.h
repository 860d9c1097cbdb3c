/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DATE_H
#define MT_DATE_H

#include <apr_time.h>

/* Reads the dates that other programs have stored. Times are microseconds since 1970 of the years 1 to 9999. */

/* The first second of year 1 and the last of year 9999. */
#define MT_DATE_SECONDS_MIN APR_INT64_C(-62135596800)
#define MT_DATE_SECONDS_MAX APR_INT64_C(253402300799)

typedef enum mt_date_kind_t {
    MT_DATE_NONE,   /* no date */
    MT_DATE_NUMBER, /* a number, whose unit the text does not state */
    MT_DATE_TIME,   /* one time */
    MT_DATE_TWO     /* two times: it is open whether the day or the month is first, as in 02/03/2025 */
} mt_date_kind_t;

typedef enum mt_date_order_t {
    MT_DATE_NO_ORDER,
    MT_DATE_DAY_FIRST,
    MT_DATE_MONTH_FIRST
} mt_date_order_t;

typedef enum mt_date_unit_t {
    MT_DATE_SECONDS,
    MT_DATE_MILLISECONDS,
    MT_DATE_MICROSECONDS,
    MT_DATE_NANOSECONDS,
    MT_DATE_UNITS, /* no unit */
} mt_date_unit_t;

typedef struct mt_date_t {
    mt_date_kind_t kind;
    int is_integer; /* of a number: integer holds it, or else real does */
    apr_int64_t integer;
    double real;
    apr_time_t time;        /* the time; of two times, that with the day first */
    apr_time_t month_first; /* of two times, that with the month first */
    mt_date_order_t order;  /* the order that the text proves, as 27/02/2025 does */
    int has_zone;           /* the text states an offset from UTC; without it, the time is taken as UTC */
} mt_date_t;

/* Reads a text: ISO 8601, with a blank or "T", with or without fraction, "Z" or offset; RFC 2822; the forms of C's
 * asctime(), and of Go's, Java's and JavaScript's dates; days and months as numbers or English words, years of four
 * digits; 12 hours with AM or PM; or a decimal number. Any other text is not a date. */
void mt_date_parse(const char *text, apr_size_t len, mt_date_t *date);

/* Make a date from a number. */
void mt_date_set_integer(mt_date_t *date, apr_int64_t value);
void mt_date_set_real(mt_date_t *date, double value);

/* Returns the unit in which a number, as time since 1970, lies in the years 2000 to 2099. There is at most one, because
 * units differ by a factor of 1000. */
mt_date_unit_t mt_date_find_unit(const mt_date_t *date);

/* Converts a number. Returns 0 if the time is not in the years 1 to 9999. */
int mt_date_convert(const mt_date_t *date, mt_date_unit_t unit, apr_time_t *time);

#endif
