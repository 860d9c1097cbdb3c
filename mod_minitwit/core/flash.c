/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/flash.h"

#include "core/name.h"
#include "core/url.h"
#include "core/utf8.h"
#include "core/validate.h"

#include <apr_strings.h>
#include <string.h>

/* The code of each flash in the cookie, and its sentence. If after_name is not NULL, the flash has a username. If
 * after_name is empty, the sentence does not show the name. */
typedef struct sentence_t {
    const char *code;
    const char *text;
    const char *after_name;
} sentence_t;

static const sentence_t sentences[] = {
    [MT_FLASH_NONE] = { "", NULL, NULL },
    [MT_FLASH_REGISTERED] = { "registered", "You were successfully registered and can login now", "" },
    [MT_FLASH_LOGGED_IN] = { "logged-in", "You were logged in", NULL },
    [MT_FLASH_LOGGED_OUT] = { "logged-out", "You were logged out", NULL },
    [MT_FLASH_RECORDED] = { "recorded", "Your message was recorded", NULL },
    [MT_FLASH_DESCRIBED] = { "described", "Your profile was saved", NULL },
    [MT_FLASH_FOLLOWING] = { "following", "You are now following \"", "\"" },
    [MT_FLASH_UNFOLLOWED] = { "unfollowed", "You are no longer following \"", "\"" },
};

/* Returns the username of a cookie's value, or NULL if it is invalid or encoded differently from mt_flash_format(). */
static const char *parse_username(apr_pool_t *pool, const char *encoded)
{
    const char *username = mt_url_decode(pool, encoded, strlen(encoded), 0);

    if (username == NULL || username[0] == '\0' || mt_utf8_count(username) > MT_VALIDATE_USERNAME_MAX ||
        mt_utf8_has_control(username) || strcmp(mt_url_encode(pool, username), encoded) != 0)
        return NULL;
    return username;
}

const char *mt_flash_format(apr_pool_t *pool, mt_flash_t flash, const char *username)
{
    const sentence_t *sentence = &sentences[flash];

    if (sentence->after_name == NULL)
        return sentence->code;
    return apr_pstrcat(pool, sentence->code, ":", mt_url_encode(pool, username), NULL);
}

const char *mt_flash_parse(apr_pool_t *pool, const char *value)
{
    if (value == NULL)
        return NULL;
    for (int i = MT_FLASH_NONE + 1; i <= MT_FLASH_UNFOLLOWED; i++) {
        const sentence_t *sentence = &sentences[i];
        apr_size_t code_len = strlen(sentence->code);
        const char *username;

        if (strncmp(value, sentence->code, code_len) != 0)
            continue;
        if (sentence->after_name == NULL) {
            if (value[code_len] == '\0')
                return sentence->text;
            continue;
        }
        if (value[code_len] != ':')
            continue;
        username = parse_username(pool, value + code_len + 1);
        if (username == NULL)
            return NULL;
        return sentence->after_name[0] == '\0'
                   ? sentence->text
                   : apr_pstrcat(pool, sentence->text, mt_name_isolate(pool, username), sentence->after_name, NULL);
    }
    return NULL;
}

const char *mt_flash_registered(apr_pool_t *pool, const char *value)
{
    const char *code = sentences[MT_FLASH_REGISTERED].code;
    apr_size_t code_len = strlen(code);

    if (value == NULL || strncmp(value, code, code_len) != 0 || value[code_len] != ':')
        return NULL;
    return parse_username(pool, value + code_len + 1);
}
