/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "core/file.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define CHECK     "site URL"
#define DIRECTIVE "MinitwitSiteURL"
#define FILE_MAX  (1024 * 1024) /* bytes of a configuration file */

#define EFFECT "Without this directive, the site has no canonical URL, no og:url and no sitemap"

/* Returns the value of the directive's last line, in pool, or NULL if the text has none. */
static const char *find_value(apr_pool_t *pool, char *text)
{
    const char *value = NULL;
    char *state;

    for (char *line = apr_strtok(text, "\r\n", &state); line; line = apr_strtok(NULL, "\r\n", &state)) {
        char *rest;
        const char *name = apr_strtok(line, " \t", &rest);
        const char *word = name ? apr_strtok(NULL, " \t\"'", &rest) : NULL;
        if (word && strcasecmp(name, DIRECTIVE) == 0)
            value = apr_pstrdup(pool, word);
    }
    return value;
}

void mt_ctl_doctor_site_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish)
{
    char *text, reason[128];
    apr_size_t len;

    if (!wish->config) {
        mt_ctl_doctor_add(doctor, CHECK, MT_DOCTOR_UNKNOWN,
                          DIRECTIVE " was not checked, because no configuration file was named. " EFFECT,
                          "Use --config FILE with the file that mounts the site, such as "
                          "/etc/apache2/sites-enabled/minitwit.conf.");
        return;
    }
    apr_status_t rv = mt_file_read(doctor->pool, wish->config, FILE_MAX, &text, &len);
    if (rv != APR_SUCCESS) {
        mt_ctl_doctor_add(doctor, CHECK, MT_DOCTOR_PROBLEM,
                          apr_psprintf(doctor->pool, "could not read \"%s\": %s", wish->config,
                                       apr_strerror(rv, reason, sizeof(reason))),
                          "Name a file that this account can read.");
        return;
    }
    const char *value = find_value(doctor->pool, text);
    if (value)
        mt_ctl_doctor_add(doctor, CHECK, MT_DOCTOR_OK, apr_psprintf(doctor->pool, "absolute URLs begin with %s", value),
                          NULL);
    else
        mt_ctl_doctor_add(doctor, CHECK, MT_DOCTOR_WARNING,
                          apr_psprintf(doctor->pool, "\"%s\" does not set " DIRECTIVE ". " EFFECT, wish->config),
                          "Set it to the address of the site, such as " DIRECTIVE
                          " https://minitwit.example: see " MT_DOC_DIR "/directives.md.");
}
