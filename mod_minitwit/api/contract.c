/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "api/contract.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/contract_text.h"
#include "core/template.h"
#include "http/asset.h"
#include "http/response.h"

#include <apr_strings.h>
#include <stddef.h>
#include <string.h>

/* The description for one mount of the API. */
typedef struct copy_t {
    const char *mount; /* as in mt_request_t */
    mt_asset_t json;
    mt_asset_t page;
} copy_t;

struct mt_contract_t {
    mt_asset_t style;
    mt_asset_t icon;
    apr_array_header_t *copies; /* copy_t */
};

/* The settings that the description states. The fields have the names of the directives. */
typedef struct view_t {
    const char *server; /* the path of the mount: "/" for the root */
    const char *mount;
    const char *style; /* versions of the files */
    const char *icon;
    const char *version;
    const char *message_max;
    const char *body_max;
    const char *api_rows_max;
    const char *api_size_max;
    int api_dates_are_text;
} view_t;

#define FIELD(name, kind, member) name, MT_FIELD_##kind, offsetof(view_t, member), NULL

static const mt_field_t fields[] = {
    { FIELD("server", TEXT, server) },
    { FIELD("mount", TEXT, mount) },
    { FIELD("style", TEXT, style) },
    { FIELD("icon", TEXT, icon) },
    { FIELD("version", TEXT, version) },
    { FIELD("MinitwitMessageLimit", TEXT, message_max) },
    { FIELD("MinitwitBodyLimit", TEXT, body_max) },
    { FIELD("MinitwitApiRowLimit", TEXT, api_rows_max) },
    { FIELD("MinitwitApiSizeLimit", TEXT, api_size_max) },
    { FIELD("MinitwitApiDates", FLAG, api_dates_are_text) },
    { .name = NULL },
};

static const char *format(apr_pool_t *pool, apr_int64_t number)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, number);
}

static void render(apr_pool_t *pool, const mt_template_t *compiled, const view_t *view, const char *content_type,
                   mt_asset_t *asset)
{
    mt_buffer_t text;

    mt_buffer_init(&text, pool, 0);
    mt_template_render(compiled, view, &text);
    mt_asset_make(pool, text.data, text.len, content_type, 1, asset);
}

/* Makes a copy for each section that mounts the API. */
static void make_copies(apr_pool_t *pool, const mt_config_t *config, const mt_template_t *json,
                        const mt_template_t *page, mt_contract_t *contract)
{
    view_t view = { .style = contract->style.version,
                    .icon = contract->icon.version,
                    .version = MT_VERSION,
                    .message_max = format(pool, config->message_max),
                    .body_max = format(pool, config->body_max),
                    .api_rows_max = format(pool, config->api_rows_max),
                    .api_size_max = format(pool, config->api_size_max),
                    .api_dates_are_text = config->api_dates_are_text };

    for (int i = 0; i < config->sections->nelts; i++) {
        const mt_section_t *section = &APR_ARRAY_IDX(config->sections, i, mt_section_t);
        if (!section->handler || !section->handler->needs_credentials)
            continue;
        copy_t *copy = apr_array_push(contract->copies);
        copy->mount = view.mount = section->url;
        view.server = *view.mount ? view.mount : "/";
        render(pool, json, &view, "application/json", &copy->json);
        render(pool, page, &view, "text/html; charset=utf-8", &copy->page);
    }
}

const char *mt_api_contract_load(apr_pool_t *pool, const mt_config_t *config, mt_contract_t **contract)
{
    mt_contract_t *loaded = apr_pcalloc(pool, sizeof(*loaded));
    const char *dir = apr_pstrcat(pool, config->templates, "/static/", NULL);
    const mt_template_t *json, *page;

    const char *problem =
        mt_asset_load(pool, apr_pstrcat(pool, dir, "style.css", NULL), "text/css; charset=utf-8", 1, &loaded->style);
    if (!problem)
        problem = mt_asset_load(pool, apr_pstrcat(pool, dir, "favicon.svg", NULL), "image/svg+xml", 1, &loaded->icon);
    if (!problem)
        problem = mt_template_parse(pool, "openapi.json", mt_api_contract_json, fields, &json);
    if (!problem)
        problem = mt_template_parse(pool, "docs", mt_api_contract_page, fields, &page);
    if (problem)
        return problem;
    loaded->copies = apr_array_make(pool, 1, sizeof(copy_t));
    make_copies(pool, config, json, page, loaded);
    *contract = loaded;
    return NULL;
}

/* A part of such an answer is of no use, as with all answers of the API. */
static int answer(mt_request_t *request, const mt_asset_t *asset)
{
    mt_api_answer_whole(request);
    return mt_asset_answer(request, asset);
}

/* The copy for the request's mount. Every mount has one. */
static const copy_t *find_copy(const mt_request_t *request)
{
    const apr_array_header_t *copies = request->config->contract->copies;
    int i = 0;

    while (i < copies->nelts - 1 && strcmp(APR_ARRAY_IDX(copies, i, copy_t).mount, request->mount) != 0)
        i++;
    return &APR_ARRAY_IDX(copies, i, copy_t);
}

/* A copy changes with the configuration, and nothing links to it by its version. So caches must always revalidate it.
 */
static int answer_copy(mt_request_t *request, const mt_asset_t *asset)
{
    int status = answer(request, asset);
    request->response.caching = MT_CACHING_NO_CACHE;
    return status;
}

int mt_api_contract_show(mt_request_t *request)
{
    return answer_copy(request, &find_copy(request)->json);
}

int mt_api_contract_show_page(mt_request_t *request)
{
    mt_response_protect_page(request, 0);
    return answer_copy(request, &find_copy(request)->page);
}

int mt_api_contract_show_style(mt_request_t *request)
{
    return answer(request, &request->config->contract->style);
}

int mt_api_contract_show_icon(mt_request_t *request)
{
    return answer(request, &request->config->contract->icon);
}
