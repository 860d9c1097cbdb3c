/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/user/newpassword.h"

#include "core/password.h"
#include "core/utf8.h"
#include "ctl/user/prompt.h"

#include <sodium.h>
#include <string.h>

static const mt_password_cost_t cost = { (apr_size_t)MT_PASSWORD_MEMORY_PRESET * 1024 * 1024,
                                         MT_PASSWORD_PASSES_PRESET };

static const char *check_password(const char *password)
{
    if (*password == '\0')
        return "the password is empty";
    if (!mt_utf8_is_valid(password, strlen(password)))
        return "the password is not valid UTF-8\n  Browsers send passwords as UTF-8. Set your terminal to UTF-8.";
    return NULL;
}

static const char *get_password(const mt_ctl_t *ctl, int is_piped, char password[MT_PROMPT_SIZE])
{
    char again[MT_PROMPT_SIZE];
    const char *message =
        is_piped ? mt_ctl_prompt_read(ctl, password) : mt_ctl_prompt_ask(ctl, "New password: ", password);

    if (!message)
        message = check_password(password);
    if (message || is_piped)
        return message;
    message = mt_ctl_prompt_ask(ctl, "New password again: ", again);
    if (!message && strcmp(password, again) != 0)
        message = "the two passwords do not match";
    sodium_memzero(again, sizeof(again));
    return message;
}

const char *mt_ctl_newpassword_get(const mt_ctl_t *ctl, int is_piped, const char **hash)
{
    char password[MT_PROMPT_SIZE];
    const char *message = get_password(ctl, is_piped, password);

    *hash = message ? NULL : mt_password_argon2id_make(ctl->pool, password, &cost);
    sodium_memzero(password, sizeof(password));
    if (!message && !*hash)
        message = "could not hash the password: out of memory";
    return message;
}
