/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/site.h"

#include "core/url.h"
#include "web/views.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

typedef struct site_file_t {
    const char *name; /* in its folder */
    mt_asset_t asset;
} site_file_t;

struct mt_site_t {
    const mt_template_t *templates[MT_SITE_PAGES];
    apr_array_header_t *files; /* site_file_t */
};

static const struct {
    const char *file;
    const mt_field_t *fields;
} pages[MT_SITE_PAGES] = {
    [MT_SITE_TIMELINE] = { "timeline.html", mt_web_views_timeline },
    [MT_SITE_THREAD] = { "thread.html", mt_web_views_thread },
    [MT_SITE_SEARCH] = { "search.html", mt_web_views_search },
    [MT_SITE_LOGIN] = { "login.html", mt_web_views_login },
    [MT_SITE_REGISTER] = { "register.html", mt_web_views_register },
    [MT_SITE_PROFILE] = { "profile.html", mt_web_views_profile },
    [MT_SITE_PEOPLE] = { "people.html", mt_web_views_people },
    [MT_SITE_FAILURE] = { "failure.html", mt_web_views_failure },
};

static const struct {
    const char *extension;
    const char *content_type;
    int is_text; /* 1: worth compressing */
} types[] = {
    { "css", "text/css; charset=utf-8", 1 },
    { "webmanifest", "application/manifest+json", 1 },
    { "js", "text/javascript; charset=utf-8", 1 },
    { "txt", "text/plain; charset=utf-8", 1 },
    { "svg", "image/svg+xml", 1 },
    { "png", "image/png", 0 },
    { "ico", "image/x-icon", 0 },
    { "jpg", "image/jpeg", 0 },
    { "jpeg", "image/jpeg", 0 },
    { "gif", "image/gif", 0 },
    { "webp", "image/webp", 0 },
    { NULL, "application/octet-stream", 0 },
};

/* Returns the index of a file's type in the table. */
static int find_type(const char *name)
{
    const char *dot = strrchr(name, '.');
    int i = 0;

    while (types[i].extension && (!dot || strcmp(dot + 1, types[i].extension) != 0))
        i++;
    return i;
}

static const char *explain(apr_pool_t *pool, const char *path, const char *problem, apr_status_t status)
{
    char text[128];

    return apr_psprintf(pool, "%s: %s: %s", path, problem, apr_strerror(status, text, sizeof(text)));
}

/* Loads one entry of the folder if it is a regular file. */
static const char *load_file(apr_pool_t *pool, const char *dir, const char *name, mt_site_t *site)
{
    const char *path = apr_pstrcat(pool, dir, "/", name, NULL);
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_SIZE, pool);
    int type = find_type(name);
    site_file_t file = { .name = apr_pstrdup(pool, name) };

    if (status)
        return explain(pool, path, "could not be read", status);
    if (info.filetype != APR_REG)
        return NULL;
    const char *problem = mt_asset_load(pool, path, types[type].content_type, types[type].is_text, &file.asset);
    if (!problem)
        APR_ARRAY_PUSH(site->files, site_file_t) = file;
    return problem;
}

static const char *load_files(apr_pool_t *pool, const char *dir, mt_site_t *site)
{
    apr_dir_t *handle;
    apr_finfo_t entry;
    const char *problem = NULL;
    apr_status_t status = apr_dir_open(&handle, dir, pool);

    if (status)
        return explain(pool, dir, "could not be opened", status);
    while (!problem && apr_dir_read(&entry, APR_FINFO_NAME, handle) == APR_SUCCESS) {
        if (entry.name[0] != '.')
            problem = load_file(pool, dir, entry.name, site);
    }
    apr_dir_close(handle);
    if (!problem && !mt_web_site_file(site, "style.css"))
        problem = apr_psprintf(pool, "%s/style.css: the file is missing, but every page needs it", dir);
    return problem;
}

const char *mt_web_site_load(apr_pool_t *pool, const char *dir, mt_site_t **site)
{
    mt_site_t *loaded = apr_pcalloc(pool, sizeof(*loaded));
    const char *problem;

    for (int page = 0; page < MT_SITE_PAGES; page++) {
        problem = mt_template_load(pool, dir, pages[page].file, mt_web_views_layout, pages[page].fields,
                                   &loaded->templates[page]);
        if (problem)
            return problem;
    }
    loaded->files = apr_array_make(pool, 8, sizeof(site_file_t));
    problem = load_files(pool, apr_pstrcat(pool, dir, "/static", NULL), loaded);
    if (!problem)
        *site = loaded;
    return problem;
}

const mt_template_t *mt_web_site_template(const mt_site_t *site, mt_site_page_t page)
{
    return site->templates[page];
}

const mt_asset_t *mt_web_site_file(const mt_site_t *site, const char *name)
{
    for (int i = 0; i < site->files->nelts; i++) {
        const site_file_t *file = &APR_ARRAY_IDX(site->files, i, const site_file_t);

        if (strcmp(file->name, name) == 0)
            return &file->asset;
    }
    return NULL;
}

const char *mt_web_site_url(const mt_site_t *site, apr_pool_t *pool, const char *name)
{
    const mt_asset_t *file = mt_web_site_file(site, name);

    return file ? apr_pstrcat(pool, "/static/", mt_url_encode(pool, name), "?v=", file->version, NULL) : NULL;
}
