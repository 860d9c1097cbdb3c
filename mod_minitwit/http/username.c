/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/username.h"

#include "core/reserved.h"

#include <string.h>

/* Set while the configuration is read, before any thread starts. */
static const char *const *reserved;

/* Appends the names of other sections of the host that are exactly one segment below the site's path. */
static void list_below(const mt_section_t *site, const apr_array_header_t *sections, apr_array_header_t *names)
{
    apr_size_t len = strlen(site->path);

    for (int i = 0; i < sections->nelts; i++) {
        const char *path = APR_ARRAY_IDX(sections, i, mt_section_t).path;
        if (strncmp(path, site->path, len) == 0 && path[len] == '/' && !strchr(path + len + 1, '/'))
            APR_ARRAY_PUSH(names, const char *) = path + len + 1;
    }
}

static void list_hidden(const server_rec *first, apr_array_header_t *names)
{
    for (const server_rec *server = first; server; server = server->next) {
        const apr_array_header_t *sections = mt_config_get(server)->sections;
        for (int i = 0; i < sections->nelts; i++) {
            const mt_section_t *section = &APR_ARRAY_IDX(sections, i, mt_section_t);
            if (section->handler && section->handler->needs_site)
                list_below(section, sections, names);
        }
    }
}

void mt_username_reserve(apr_pool_t *pool, const server_rec *first)
{
    apr_array_header_t *names = apr_array_make(pool, 32, sizeof(const char *));

    for (const char *const *name = mt_reserved_names; *name; name++)
        APR_ARRAY_PUSH(names, const char *) = *name;
    list_hidden(first, names);
    APR_ARRAY_PUSH(names, const char *) = NULL;
    reserved = (const char *const *)names->elts;
}

const char *const *mt_username_reserved(void)
{
    return reserved;
}
