/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SITE_H
#define MT_SITE_H

#include "core/template.h"
#include "http/asset.h"

/* The templates and static files of a site, compiled and compressed in memory. They are loaded when the configuration
 * is checked and do not change afterwards, so all threads can read them. */

typedef enum mt_site_page_t {
    MT_SITE_TIMELINE,
    MT_SITE_THREAD,
    MT_SITE_SEARCH,
    MT_SITE_LOGIN,
    MT_SITE_REGISTER,
    MT_SITE_PROFILE,
    MT_SITE_PEOPLE,
    MT_SITE_FAILURE,
    MT_SITE_PAGES /* the number of pages */
} mt_site_page_t;

typedef struct mt_site_t mt_site_t;

/* Loads all templates of dir, and all files of dir/static except for subfolders and hidden files. *site lives in pool.
 * Returns NULL, or the message for the operator, which names the file (and the line). */
const char *mt_web_site_load(apr_pool_t *pool, const char *dir, mt_site_t **site);

const mt_template_t *mt_web_site_template(const mt_site_t *site, mt_site_page_t page);

/* Returns NULL if there is no such file. */
const mt_asset_t *mt_web_site_file(const mt_site_t *site, const char *name);

/* Returns the URL of a static file, below the mount, or NULL if there is no such file. It contains the file's version,
 * so caches may keep the answer for ever. */
const char *mt_web_site_url(const mt_site_t *site, apr_pool_t *pool, const char *name);

#endif
