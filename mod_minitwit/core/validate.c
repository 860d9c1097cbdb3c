/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/validate.h"

#include "core/utf8.h"

#include <apr_strings.h>
#include <string.h>

const char mt_validate_username_taken[] = "The username is already taken";

const char *mt_validate_path(const char *username, const char *const *reserved)
{
    if (mt_utf8_has_control(username))
        return "The username may not contain control characters";
    if (strchr(username, '/') != NULL)
        return "The username may not contain a slash";
    /* Browsers and httpd remove these segments from a path, so the user's page could not be reached. */
    if (strcmp(username, ".") == 0 || strcmp(username, "..") == 0)
        return "The username is reserved";
    for (; *reserved != NULL; reserved++) {
        if (strcmp(username, *reserved) == 0)
            return "The username is reserved";
    }
    return NULL;
}

const char *mt_validate_username(const char *username, const char *const *reserved)
{
    const char *problem;

    if (username[0] == '\0')
        return "You have to enter a username";
    if (mt_utf8_count(username) > MT_VALIDATE_USERNAME_MAX)
        return "The username may have at most " APR_STRINGIFY(MT_VALIDATE_USERNAME_MAX) " characters";
    problem = mt_validate_path(username, reserved);
    return problem != NULL ? problem : mt_name_check(username);
}

const char *mt_validate_email(const char *email)
{
    if (strchr(email, '@') == NULL || mt_utf8_has_control(email))
        return "You have to enter a valid email address";
    if (mt_utf8_count(email) > MT_VALIDATE_EMAIL_MAX)
        return "The email address may have at most " APR_STRINGIFY(MT_VALIDATE_EMAIL_MAX) " characters";
    return NULL;
}

const char *mt_validate_registration(const char *username, const char *email, const char *password,
                                     const char *password2, const char *const *reserved)
{
    const char *problem = mt_validate_username(username, reserved);

    if (problem == NULL)
        problem = mt_validate_email(email);
    if (problem != NULL)
        return problem;
    if (password[0] == '\0')
        return "You have to enter a password";
    if (strcmp(password, password2) != 0)
        return "The two passwords do not match";
    return NULL;
}

const char *mt_validate_message(apr_pool_t *pool, const char *text, apr_size_t max)
{
    if (mt_utf8_count(text) > max)
        return apr_psprintf(pool, "The message may have at most %" APR_SIZE_T_FMT " characters", max);
    return NULL;
}
