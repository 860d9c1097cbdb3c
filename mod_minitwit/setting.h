/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SETTING_H
#define MT_SETTING_H

#include "http/config.h"

/* A setting is a field of mt_config_t that a directive sets. */

#define MT_SETTING_UNSET (-1) /* in a number or a flag; an unset text is NULL */

typedef enum mt_setting_kind_t {
    MT_SETTING_COUNT, /* the fields of the first three are apr_int64_t */
    MT_SETTING_MEBIBYTES,
    MT_SETTING_DURATION, /* microseconds in the field, seconds in the description */
    MT_SETTING_TEXT,     /* a const char * */
    MT_SETTING_FLAG      /* an int */
} mt_setting_kind_t;

typedef enum mt_setting_scope_t {
    MT_SETTING_PER_HOST,
    MT_SETTING_SERVER_WIDE /* not allowed in a <VirtualHost> */
} mt_setting_scope_t;

typedef struct mt_setting_t {
    mt_setting_kind_t kind;
    apr_size_t offset; /* of the field in mt_config_t */
    apr_int64_t min, max;
    /* Values of this range are plausible. Others are allowed, but probably meant in another unit. */
    double usual_min, usual_max;
    double preset; /* the default of a number or a flag; MT_SETTING_UNSET: mt_directives_check computes it */
    const char *preset_text;
    mt_setting_scope_t scope;
} mt_setting_t;

apr_int64_t *mt_setting_number(mt_config_t *config, const mt_setting_t *setting);
const char **mt_setting_text(mt_config_t *config, const mt_setting_t *setting);
int *mt_setting_flag(mt_config_t *config, const mt_setting_t *setting);

int mt_setting_is_unset(mt_config_t *config, const mt_setting_t *setting);
void mt_setting_unset(mt_config_t *config, const mt_setting_t *setting);

/* Copies the value of base. */
void mt_setting_inherit(mt_config_t *config, mt_config_t *base, const mt_setting_t *setting);

/* Sets the default. */
void mt_setting_preset(mt_config_t *config, const mt_setting_t *setting);

/* Reads the number, size or time of a directive into *value. Returns NULL, or the message with the range, in pool. */
const char *mt_setting_parse(apr_pool_t *pool, const mt_setting_t *setting, const char *name, const char *text,
                             apr_int64_t *value);

/* Returns NULL if the value is plausible, or the warning, in pool. A time with a unit is always plausible, because only
 * a bare number can be meant in another unit. */
const char *mt_setting_doubt(apr_pool_t *pool, const mt_setting_t *setting, const char *name, const char *text,
                             apr_int64_t value);

#endif
