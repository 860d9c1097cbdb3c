/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/template_compile.h"

#include <string.h>

const char *mt_template_load(apr_pool_t *pool, const char *dir, const char *page, const mt_field_t *layout_fields,
                             const mt_field_t *page_fields, const mt_template_t **compiled)
{
    mt_template_t *result = apr_palloc(pool, sizeof(*result));
    mt_template_source_t sources[2];
    const char *problem = mt_template_source_load(pool, dir, MT_TEMPLATE_LAYOUT, &sources[0]);

    if (!problem)
        problem = mt_template_source_load(pool, dir, page, &sources[1]);
    if (!problem) {
        mt_template_input_t input = { .layout = &sources[0],
                                      .layout_fields = layout_fields,
                                      .page = &sources[1],
                                      .page_fields = page_fields,
                                      .open = mt_template_source_load,
                                      .dir = dir };

        problem = mt_template_compile(pool, &input, &result->code);
    }
    if (!problem)
        *compiled = result;
    return problem;
}

const char *mt_template_parse(apr_pool_t *pool, const char *name, const char *text, const mt_field_t *fields,
                              const mt_template_t **compiled)
{
    static const char layout[] = "{{> page}}";
    static const mt_field_t no_fields[] = { { .name = NULL } };
    mt_template_t *result = apr_palloc(pool, sizeof(*result));
    mt_template_source_t sources[] = {
        { .path = name, .start = layout, .at = layout, .end = layout + sizeof(layout) - 1, .line = 1 },
        { .path = name, .start = text, .at = text, .end = text + strlen(text), .line = 1 },
    };
    const mt_template_input_t input = {
        .layout = &sources[0], .layout_fields = no_fields, .page = &sources[1], .page_fields = fields
    };
    const char *problem = mt_template_compile(pool, &input, &result->code);

    if (!problem)
        *compiled = result;
    return problem;
}
