/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "setting.h"

#include "core/integer.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

apr_int64_t *mt_setting_number(mt_config_t *config, const mt_setting_t *setting)
{
    return (apr_int64_t *)((char *)config + setting->offset);
}

const char **mt_setting_text(mt_config_t *config, const mt_setting_t *setting)
{
    return (const char **)((char *)config + setting->offset);
}

int *mt_setting_flag(mt_config_t *config, const mt_setting_t *setting)
{
    return (int *)((char *)config + setting->offset);
}

static apr_int64_t scale_of(const mt_setting_t *setting)
{
    return setting->kind == MT_SETTING_DURATION ? APR_USEC_PER_SEC : 1;
}

int mt_setting_is_unset(mt_config_t *config, const mt_setting_t *setting)
{
    if (setting->kind == MT_SETTING_TEXT)
        return !*mt_setting_text(config, setting);
    if (setting->kind == MT_SETTING_FLAG)
        return *mt_setting_flag(config, setting) == MT_SETTING_UNSET;
    return *mt_setting_number(config, setting) == MT_SETTING_UNSET;
}

void mt_setting_unset(mt_config_t *config, const mt_setting_t *setting)
{
    if (setting->kind == MT_SETTING_TEXT)
        *mt_setting_text(config, setting) = NULL;
    else if (setting->kind == MT_SETTING_FLAG)
        *mt_setting_flag(config, setting) = MT_SETTING_UNSET;
    else
        *mt_setting_number(config, setting) = MT_SETTING_UNSET;
}

void mt_setting_inherit(mt_config_t *config, mt_config_t *base, const mt_setting_t *setting)
{
    if (setting->kind == MT_SETTING_TEXT)
        *mt_setting_text(config, setting) = *mt_setting_text(base, setting);
    else if (setting->kind == MT_SETTING_FLAG)
        *mt_setting_flag(config, setting) = *mt_setting_flag(base, setting);
    else
        *mt_setting_number(config, setting) = *mt_setting_number(base, setting);
}

void mt_setting_preset(mt_config_t *config, const mt_setting_t *setting)
{
    if (setting->kind == MT_SETTING_TEXT)
        *mt_setting_text(config, setting) = setting->preset_text;
    else if (setting->kind == MT_SETTING_FLAG)
        *mt_setting_flag(config, setting) = (int)setting->preset;
    else
        *mt_setting_number(config, setting) = (apr_int64_t)(setting->preset * (double)scale_of(setting));
}

/* Reads a time: days (30d), or one of httpd's forms (1h, 5min, 30s, 200ms). *value is in microseconds. */
static int parse_duration(apr_pool_t *pool, const char *text, apr_int64_t *value)
{
    apr_size_t len = strlen(text);
    apr_int64_t days;
    apr_interval_time_t interval;

    if (len > 1 && (text[len - 1] == 'd' || text[len - 1] == 'D')) {
        if (!mt_integer_parse(apr_pstrmemdup(pool, text, len - 1), &days) || days < 0 || days > 36500)
            return 0;
        *value = apr_time_from_sec(days * 86400);
        return 1;
    }
    if (!apr_isdigit(text[0]) || ap_timeout_parameter_parse(text, &interval, "s") != APR_SUCCESS)
        return 0;
    *value = interval;
    return 1;
}

const char *mt_setting_parse(apr_pool_t *pool, const mt_setting_t *setting, const char *name, const char *text,
                             apr_int64_t *value)
{
    int is_duration = setting->kind == MT_SETTING_DURATION;
    apr_int64_t scale = scale_of(setting);
    int is_read = is_duration ? parse_duration(pool, text, value) : mt_integer_parse(text, value);

    if (is_read && *value >= setting->min * scale && *value <= setting->max * scale && (!is_duration || *value != 0))
        return NULL;
    return apr_psprintf(
        pool, "%s %s: the value must be %s %s %" APR_INT64_T_FMT "%s %s %" APR_INT64_T_FMT "%s", name, text,
        is_duration                             ? "a time (200ms, 5s, 10min, 1h, 30d)"
        : setting->kind == MT_SETTING_MEBIBYTES ? "a number of MiB"
                                                : "a whole number",
        is_duration && setting->min == 0 ? "greater than" : "from", setting->min, is_duration ? "s" : "",
        is_duration && setting->min == 0 ? "and at most" : "to", setting->max, is_duration ? "s" : "");
}

/* The number without an exponent, which APR would write from 1e6 on. */
static const char *format(apr_pool_t *pool, double number)
{
    char text[32];

    snprintf(text, sizeof(text), "%.12g", number);
    return apr_pstrdup(pool, text);
}

const char *mt_setting_doubt(apr_pool_t *pool, const mt_setting_t *setting, const char *name, const char *text,
                             apr_int64_t value)
{
    int is_duration = setting->kind == MT_SETTING_DURATION;
    const char *unit = is_duration ? " seconds" : setting->kind == MT_SETTING_MEBIBYTES ? " MiB" : "";
    double scaled = (double)value / (double)scale_of(setting);

    if (scaled >= setting->usual_min && scaled <= setting->usual_max)
        return NULL;
    if (is_duration && !apr_isdigit(text[strlen(text) - 1]))
        return NULL;
    return apr_psprintf(pool,
                        "%s %s means %s%s, but usual values are from %s to %s%s: check the value%s; "
                        "mod_minitwit(5) describes it",
                        name, text, format(pool, scaled), unit, format(pool, setting->usual_min),
                        format(pool, setting->usual_max), unit,
                        is_duration ? " and write its unit, such as ms, s or min, which also ends this warning" : "");
}
