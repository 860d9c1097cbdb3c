/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cookie.h"

#include <apr_strings.h>
#include <string.h>

static void trim(const char **start, const char **end)
{
    while (*start < *end && (**start == ' ' || **start == '\t'))
        (*start)++;
    while (*end > *start && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        (*end)--;
}

const char *mt_cookie_get(apr_pool_t *pool, const char *header, const char *name)
{
    apr_size_t name_len = strlen(name);

    while (header != NULL) {
        const char *separator = strchr(header, ';');
        const char *end = separator != NULL ? separator : header + strlen(header);
        const char *equals = memchr(header, '=', (apr_size_t)(end - header));

        if (equals != NULL) {
            const char *name_start = header;
            const char *name_end = equals;
            const char *value = equals + 1;

            trim(&name_start, &name_end);
            trim(&value, &end);
            if ((apr_size_t)(name_end - name_start) == name_len && memcmp(name_start, name, name_len) == 0) {
                if (end - value >= 2 && *value == '"' && end[-1] == '"') {
                    value++;
                    end--;
                }
                return apr_pstrmemdup(pool, value, (apr_size_t)(end - value));
            }
        }
        header = separator != NULL ? separator + 1 : NULL;
    }
    return NULL;
}

const char *mt_cookie_format(apr_pool_t *pool, const mt_cookie_t *cookie)
{
    const char *age = cookie->max_age >= 0 ? apr_psprintf(pool, "; Max-Age=%ld", cookie->max_age) : "";

    return apr_pstrcat(pool, cookie->name, "=", cookie->value, "; Path=", cookie->path, age, "; HttpOnly; SameSite=Lax",
                       cookie->secure ? "; Secure" : "", NULL);
}

const char *mt_cookie_name(apr_pool_t *pool, const char *name, const char *path, int secure)
{
    if (!secure)
        return apr_pstrdup(pool, name);
    return apr_pstrcat(pool, strcmp(path, "/") == 0 ? "__Host-" : "__Secure-", name, NULL);
}
