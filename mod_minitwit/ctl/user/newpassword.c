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

static int check_password(const mt_ctl_t *ctl, const char *password)
{
    if (*password == '\0')
        return mt_ctl_fail(ctl, "the password is empty");
    if (!mt_utf8_is_valid(password, strlen(password)))
        return mt_ctl_fail(
            ctl, "the password is no valid UTF-8, which is what browsers send: see that the terminal uses it");
    return MT_CTL_GO_ON;
}

static int get_password(const mt_ctl_t *ctl, int is_piped, char password[MT_PROMPT_SIZE])
{
    char again[MT_PROMPT_SIZE];
    int status = is_piped ? mt_ctl_prompt_read(ctl, password) : mt_ctl_prompt_ask(ctl, "New password: ", password);

    if (status == MT_CTL_GO_ON)
        status = check_password(ctl, password);
    if (status != MT_CTL_GO_ON || is_piped)
        return status;
    status = mt_ctl_prompt_ask(ctl, "New password again: ", again);
    if (status == MT_CTL_GO_ON && strcmp(password, again) != 0)
        status = mt_ctl_fail(ctl, "the two passwords do not match");
    sodium_memzero(again, sizeof(again));
    return status;
}

int mt_ctl_newpassword_get(const mt_ctl_t *ctl, int is_piped, const char **hash)
{
    char password[MT_PROMPT_SIZE];
    int status = get_password(ctl, is_piped, password);

    *hash = status == MT_CTL_GO_ON ? mt_password_argon2id_make(ctl->pool, password, &cost) : NULL;
    sodium_memzero(password, sizeof(password));
    if (status == MT_CTL_GO_ON && !*hash)
        return mt_ctl_fail(ctl, "no memory to hash the password");
    return status;
}
