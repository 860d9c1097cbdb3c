/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/flash.h"
#include "core/name.h"
#include "core/url.h"
#include "core/utf8.h"
#include "core/validate.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

static int is_username(const char *text)
{
    return *text && mt_utf8_is_valid(text, strlen(text)) && mt_utf8_count(text) <= MT_VALIDATE_USERNAME_MAX &&
           !mt_utf8_has_control(text);
}

/* Returns 1 for a value that the site itself makes. */
static int is_own(apr_pool_t *pool, const char *value)
{
    const char *colon = strchr(value, ':');
    const char *username = colon ? mt_url_decode(pool, colon + 1, strlen(colon + 1), 0) : NULL;

    for (int flash = MT_FLASH_REGISTERED; flash <= MT_FLASH_UNFOLLOWED; flash++) {
        int is_named = flash == MT_FLASH_REGISTERED || flash == MT_FLASH_FOLLOWING || flash == MT_FLASH_UNFOLLOWED;

        if (is_named ? username && is_username(username) : !colon) {
            if (strcmp(mt_flash_format(pool, (mt_flash_t)flash, username), value) == 0)
                return 1;
        }
    }
    return 0;
}

void fuzz_flash(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    mt_flash_t named = fuzz_take_byte(&input) & 1 ? MT_FLASH_FOLLOWING : MT_FLASH_UNFOLLOWED;
    const char *text = fuzz_take_rest(pool, &input);
    const char *sentence = mt_flash_parse(pool, text);

    fuzz_assert(mt_flash_parse(pool, NULL) == NULL);
    fuzz_assert((sentence != NULL) == is_own(pool, text));
    if (sentence)
        fuzz_assert(mt_utf8_is_valid(sentence, strlen(sentence)) && !mt_utf8_has_control(sentence));
    if (is_username(text)) {
        const char *value = mt_flash_format(pool, named, text);
        const char *quoted = apr_pstrcat(pool, "\"", mt_name_isolate(pool, text), "\"", NULL);

        fuzz_assert(value[strcspn(value, ";, \t\"\\")] == '\0');
        sentence = mt_flash_parse(pool, value);
        fuzz_assert(sentence && strcmp(sentence + strlen(sentence) - strlen(quoted), quoted) == 0);
    }
}
