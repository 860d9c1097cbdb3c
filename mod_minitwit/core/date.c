/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date.h"

#include "core/date_words.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_SIZE 128

typedef struct parser_t {
    const char *at;
    int first, second; /* two numbers of which one is the day and the other the month; 0: none */
    int year, month, day;
    int hour, minute, second_of_minute, micros;
    int has_time, half;                /* half: of the day, 0 if unknown, 1 AM, 2 PM */
    int has_zone, zone_is_named, zone; /* seconds east of UTC */
    int names;                         /* of a zone, after its offset */
} parser_t;

/* Reads up to max digits. Returns their number. */
static int take_digits(parser_t *parser, int max, int *value)
{
    int count = 0;

    for (*value = 0; count < max && apr_isdigit(*parser->at); count++)
        *value = *value * 10 + (*parser->at++ - '0');
    return count;
}

static int count_digits(const char *text)
{
    return (int)strspn(text, "0123456789");
}

/* The functions below return 0 if the text has another form. */

/* Reads .123456789, and drops digits beyond microseconds. */
static int take_fraction(parser_t *parser)
{
    int digits;

    if ((*parser->at != '.' && *parser->at != ',') || !apr_isdigit(parser->at[1]))
        return 1;
    parser->at++;
    digits = take_digits(parser, 6, &parser->micros);
    for (; digits < 6; digits++)
        parser->micros *= 10;
    parser->at += count_digits(parser->at);
    return 1;
}

/* Reads 13:46, 13:46:00 or 13:46:00.123456; with the separator "." 13.46.00; and without a separator 134600. */
static int take_time(parser_t *parser, char separator)
{
    if (parser->has_time || take_digits(parser, 2, &parser->hour) == 0)
        return 0;
    if ((separator && *parser->at++ != separator) || take_digits(parser, 2, &parser->minute) != 2)
        return 0;
    parser->has_time = 1;
    if (separator ? *parser->at != separator : !apr_isdigit(*parser->at))
        return 1;
    parser->at += separator != '\0';
    return take_digits(parser, 2, &parser->second_of_minute) == 2 && take_fraction(parser);
}

/* Reads the time after "T". */
static int take_iso_time(parser_t *parser)
{
    return take_time(parser,
                     apr_isdigit(*parser->at) && apr_isdigit(parser->at[1]) && parser->at[2] == ':' ? ':' : '\0');
}

/* Reads +01, +0100, +01:00 or +01:00:00. A second offset must be the same: Go repeats that of a zone without a name. */
static int take_offset(parser_t *parser)
{
    int sign = *parser->at++ == '-' ? -1 : 1;
    int hours, minutes = 0, seconds = 0;
    int had_zone = parser->has_zone && !parser->zone_is_named;
    int former = parser->zone;

    if (take_digits(parser, 2, &hours) != 2)
        return 0;
    if (*parser->at == ':' || apr_isdigit(*parser->at)) {
        parser->at += *parser->at == ':';
        if (take_digits(parser, 2, &minutes) != 2)
            return 0;
    }
    if (*parser->at == ':') {
        parser->at++;
        if (take_digits(parser, 2, &seconds) != 2)
            return 0;
    }
    /* "GMT+0100": the offset counts from UTC, and no other name takes one. */
    if (parser->zone_is_named && parser->zone != 0)
        return 0;
    parser->zone = sign * (hours * 3600 + minutes * 60 + seconds);
    parser->has_zone = 1;
    parser->zone_is_named = 0;
    return hours < 24 && minutes < 60 && seconds < 60 && (!had_zone || former == parser->zone);
}

static int set_year(parser_t *parser, int digits, int year)
{
    if (parser->year || digits != 4 || year == 0)
        return 0;
    parser->year = year;
    return 1;
}

/* Reads 2025-02-27, 27.02.2025, 02/27/2025 or 27-Feb-2025. The separators must be the same. */
static int take_numeric_date(parser_t *parser)
{
    int values[3], digits[3];
    int word = 0;
    char separator;

    digits[0] = take_digits(parser, 4, &values[0]);
    separator = *parser->at++;
    if (apr_isalpha(*parser->at)) {
        apr_size_t len = mt_date_words_length(parser->at);

        word = mt_date_words_month(parser->at, len);
        parser->at += len;
        digits[1] = word ? 2 : 0;
        values[1] = word;
    }
    else
        digits[1] = take_digits(parser, 2, &values[1]);
    if (digits[1] == 0 || *parser->at++ != separator || parser->month || parser->first)
        return 0;
    digits[2] = take_digits(parser, 4, &values[2]);
    if (digits[0] == 4) {
        parser->month = values[1];
        parser->day = values[2];
        return digits[2] >= 1 && digits[2] <= 2 && set_year(parser, 4, values[0]);
    }
    if (digits[0] > 2 || !set_year(parser, digits[2], values[2]))
        return 0;
    if (word) {
        parser->month = word;
        parser->day = values[0];
        return 1;
    }
    parser->first = values[0];
    parser->second = values[1];
    return values[0] > 0 && values[1] > 0;
}

/* Reads 20250227, which "T" and a time follow. */
static int take_basic_date(parser_t *parser)
{
    int year, digits = take_digits(parser, 4, &year);

    if (parser->month || parser->first || !set_year(parser, digits, year))
        return 0;
    take_digits(parser, 2, &parser->month);
    take_digits(parser, 2, &parser->day);
    parser->at++;
    return take_iso_time(parser);
}

/* Reads a number. The character after it decides its meaning. */
static int take_number(parser_t *parser)
{
    int count = count_digits(parser->at), value;
    char next = parser->at[count];

    if (next == ':')
        return take_time(parser, ':');
    if (count == 8 && next == 'T')
        return take_basic_date(parser);
    /* For example, Danish and Finnish write times with full stops. */
    if (next == '.' && parser->year)
        return take_time(parser, '.');
    if (next && strchr("-/.", next) && apr_isalnum(parser->at[count + 1]))
        return take_numeric_date(parser);
    if (count > 2) {
        take_digits(parser, 4, &value);
        return set_year(parser, count, value);
    }
    take_digits(parser, 2, &value);
    if (parser->day || value == 0)
        return 0;
    parser->day = value;
    return 1;
}

/* Skips the reading of Go's monotonic clock, such as m=+24.8, which is the last part. */
static int skip_monotonic(parser_t *parser)
{
    parser->at += 2;
    if (*parser->at != '+' && *parser->at != '-')
        return 0;
    parser->at++;
    parser->at += strspn(parser->at, "0123456789.");
    return *parser->at == '\0' && apr_isdigit(parser->at[-1]);
}

static int take_word(parser_t *parser)
{
    apr_size_t len = mt_date_words_length(parser->at);
    const char *word = parser->at;
    int month = mt_date_words_month(word, len), zone;

    if (parser->has_time && strncmp(word, "m=", 2) == 0)
        return skip_monotonic(parser);
    parser->at += len;
    if (len == 1 && *word == 'T')
        return parser->year && apr_isdigit(*parser->at) && take_iso_time(parser);
    if (month) {
        int is_first = parser->month == 0 && parser->first == 0;

        parser->month = month;
        return is_first;
    }
    if (mt_date_words_is_weekday(word, len))
        return 1;
    if (parser->has_time && !parser->half) {
        parser->half = mt_date_words_half(word, len);
        if (parser->half)
            return 1;
    }
    /* A name after an offset repeats the zone. "BC" is not a zone, and the site has no dates before the year 1. */
    if (parser->has_zone)
        return len >= 3 && !parser->zone_is_named && !parser->names++;
    if (!parser->has_time || !mt_date_words_zone(word, len, &zone))
        return 0;
    parser->zone = zone;
    parser->has_zone = parser->zone_is_named = 1;
    return 1;
}

/* Skips a comment such as (CET) or [Europe/Paris], which is the last part. */
static int skip_comment(parser_t *parser)
{
    char end = *parser->at == '(' ? ')' : ']';
    const char *last = strchr(parser->at, end);

    if (!last || last[1] != '\0' || !parser->has_zone)
        return 0;
    parser->at = last + 1;
    return 1;
}

/* Some versions of JavaScript write U+202F before AM and PM. */
static int skip_blank(parser_t *parser)
{
    static const char narrow[] = "\xe2\x80\xaf";

    if (strncmp(parser->at, narrow, sizeof(narrow) - 1) == 0) {
        parser->at += sizeof(narrow) - 1;
        return 1;
    }
    return strchr(" ,@", *parser->at++) != NULL;
}

static int take_part(parser_t *parser)
{
    if (apr_isdigit(*parser->at))
        return take_number(parser);
    if (apr_isalpha(*parser->at))
        return take_word(parser);
    if (*parser->at == '(' || *parser->at == '[')
        return skip_comment(parser);
    if ((*parser->at == '+' || *parser->at == '-') && parser->has_time)
        return take_offset(parser);
    return skip_blank(parser);
}

/* Returns 0 if there is no such day or time. */
static int make_time(const parser_t *parser, int month, int day, apr_time_t *time)
{
    int hour = parser->half ? parser->hour % 12 + (parser->half == 2 ? 12 : 0) : parser->hour;
    struct tm parts = { .tm_year = parser->year - 1900,
                        .tm_mon = month - 1,
                        .tm_mday = day,
                        .tm_hour = hour,
                        .tm_min = parser->minute,
                        .tm_sec = parser->second_of_minute };
    time_t seconds;

    if (parser->year == 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || parser->minute > 59 ||
        parser->second_of_minute > 60 || (parser->half && (parser->hour < 1 || parser->hour > 12)))
        return 0;
    /* timegm turns 30 February into 2 March, so the day is compared. A leap second is the last part of its minute. */
    parts.tm_sec -= parser->second_of_minute == 60;
    seconds = timegm(&parts);
    if (parts.tm_mday != day)
        return 0;
    seconds -= parser->zone;
    if (seconds < MT_DATE_SECONDS_MIN || seconds > MT_DATE_SECONDS_MAX)
        return 0;
    *time = seconds * APR_USEC_PER_SEC + parser->micros;
    return 1;
}

static void finish(const parser_t *parser, mt_date_t *date)
{
    int day_first, month_first;

    date->has_zone = parser->has_zone;
    if (!parser->first) {
        date->kind = make_time(parser, parser->month, parser->day, &date->time) ? MT_DATE_TIME : MT_DATE_NONE;
        return;
    }
    day_first = make_time(parser, parser->second, parser->first, &date->time);
    month_first = make_time(parser, parser->first, parser->second, &date->month_first);
    if (day_first && month_first)
        date->kind = parser->first == parser->second ? MT_DATE_TIME : MT_DATE_TWO;
    else if (day_first || month_first) {
        date->kind = MT_DATE_TIME;
        date->order = day_first ? MT_DATE_DAY_FIRST : MT_DATE_MONTH_FIRST;
        if (month_first)
            date->time = date->month_first;
    }
}

static int parse_number(const char *text, mt_date_t *date)
{
    apr_int64_t integer;
    double real;
    char *end;

    if (text[strspn(text, "0123456789+-.eE")] != '\0')
        return 0;
    errno = 0;
    integer = apr_strtoi64(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0) {
        mt_date_set_integer(date, integer);
        return 1;
    }
    real = strtod(text, &end);
    if (end == text || *end != '\0')
        return 0;
    mt_date_set_real(date, real);
    return 1;
}

void mt_date_parse(const char *text, apr_size_t len, mt_date_t *date)
{
    char copy[TEXT_SIZE];
    parser_t parser = { .at = copy };

    *date = (mt_date_t){ .kind = MT_DATE_NONE };
    while (len > 0 && apr_isspace(text[len - 1]))
        len--;
    while (len > 0 && apr_isspace(*text)) {
        text++;
        len--;
    }
    if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len))
        return;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (parse_number(copy, date))
        return;
    while (*parser.at) {
        if (!take_part(&parser))
            return;
    }
    finish(&parser, date);
}

void mt_date_set_integer(mt_date_t *date, apr_int64_t value)
{
    *date = (mt_date_t){ .kind = MT_DATE_NUMBER, .is_integer = 1, .integer = value };
}

void mt_date_set_real(mt_date_t *date, double value)
{
    *date = (mt_date_t){ .kind = isfinite(value) ? MT_DATE_NUMBER : MT_DATE_NONE, .real = value };
}
