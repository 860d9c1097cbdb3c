/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SITE_H
#define MT_SITE_H

#include "core/template.h"

/* The look of the site, held in memory: compiled templates, and the files of the folder static beside them. Loaded when
 * the configuration is checked, only read afterwards, by any number of threads. */

typedef enum mt_site_page_t {
    MT_SITE_TIMELINE,
    MT_SITE_LOGIN,
    MT_SITE_REGISTER,
    MT_SITE_FAILURE,
    MT_SITE_PAGES /* how many there are */
} mt_site_page_t;

/* The bytes of a file, in one of the forms in which it is sent. Its validator is weak: a filter of httpd may still
 * alter the bytes, and another version of zlib makes others of the same file. */
typedef struct mt_site_content_t {
    const char *data;
    apr_size_t len;
    const char *etag;
} mt_site_content_t;

typedef struct mt_site_file_t {
    const char *name; /* in its folder */
    const char *content_type;
    const char *version; /* fingerprint of the content */
    mt_site_content_t plain;
    mt_site_content_t gzip; /* data NULL: the file is no text, or gets no smaller */
} mt_site_file_t;

typedef struct mt_site_t mt_site_t;

/* Loads all templates of dir and all files of dir/static, subfolders and hidden files aside. *site lives in pool.
 * Returns NULL, or the message for the operator, which names the file (and the line). */
const char *mt_web_site_load(apr_pool_t *pool, const char *dir, mt_site_t **site);

const mt_template_t *mt_web_site_template(const mt_site_t *site, mt_site_page_t page);

/* NULL: there is no such file. */
const mt_site_file_t *mt_web_site_file(const mt_site_t *site, const char *name);

/* The URL, below the mount, under which a static file may be kept for ever. */
const char *mt_web_site_url(const mt_site_t *site, apr_pool_t *pool, const char *name);

#endif
