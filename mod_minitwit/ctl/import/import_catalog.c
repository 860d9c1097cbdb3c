/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_catalog.h"

#include "core/buffer.h"
#include "ctl/import/import_report.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* The most relations in a message. */
#define RELATIONS_SHOWN 40

mt_import_catalog_t *mt_ctl_import_catalog_make(apr_pool_t *pool)
{
    mt_import_catalog_t *catalog = apr_pcalloc(pool, sizeof(*catalog));

    catalog->pool = pool;
    catalog->relations = apr_array_make(pool, 16, sizeof(mt_import_relation_t *));
    return catalog;
}

const char *mt_ctl_import_catalog_quote(apr_pool_t *pool, const char *name)
{
    mt_buffer_t text;

    mt_buffer_init(&text, pool, 64);
    mt_buffer_append_text(&text, "\"");
    for (; *name; name++) {
        mt_buffer_append(&text, name, 1);
        if (*name == '"')
            mt_buffer_append_text(&text, "\"");
    }
    mt_buffer_append_text(&text, "\"");
    return mt_buffer_text(&text);
}

mt_import_relation_t *mt_ctl_import_catalog_add(mt_import_catalog_t *catalog, const char *schema, const char *relation,
                                                const char *column)
{
    int last = catalog->relations->nelts - 1;
    mt_import_relation_t *found = last < 0 ? NULL : APR_ARRAY_IDX(catalog->relations, last, mt_import_relation_t *);

    if (!found || strcmp(found->name, relation) != 0) {
        found = apr_pcalloc(catalog->pool, sizeof(*found));
        found->name = apr_pstrdup(catalog->pool, relation);
        found->reference = apr_pstrcat(catalog->pool, mt_ctl_import_catalog_quote(catalog->pool, schema), ".",
                                       mt_ctl_import_catalog_quote(catalog->pool, relation), NULL);
        found->columns = apr_array_make(catalog->pool, 8, sizeof(const char *));
        APR_ARRAY_PUSH(catalog->relations, mt_import_relation_t *) = found;
    }
    APR_ARRAY_PUSH(found->columns, const char *) = apr_pstrdup(catalog->pool, column);
    return found;
}

int mt_ctl_import_catalog_column(const mt_import_relation_t *relation, const char *name)
{
    int found = -1;

    for (int i = 0; i < relation->columns->nelts; i++) {
        const char *column = APR_ARRAY_IDX(relation->columns, i, const char *);

        if (strcmp(column, name) == 0)
            return i;
        if (found < 0 && strcasecmp(column, name) == 0)
            found = i;
    }
    return found;
}

const mt_import_relation_t *mt_ctl_import_catalog_find(const mt_import_catalog_t *catalog, const char *name)
{
    const mt_import_relation_t *found = NULL;

    for (int i = 0; i < catalog->relations->nelts; i++) {
        const mt_import_relation_t *relation = APR_ARRAY_IDX(catalog->relations, i, const mt_import_relation_t *);

        if (strcmp(relation->name, name) == 0)
            return relation;
        if (!found && strcasecmp(relation->name, name) == 0)
            found = relation;
    }
    return found;
}

static void append_name(mt_buffer_t *text, const char *before, const char *name)
{
    mt_buffer_append_text(text, before);
    mt_buffer_append_text(text, mt_ctl_import_report_quote(text->pool, name, strlen(name)));
}

const char *mt_ctl_import_catalog_describe(const mt_import_catalog_t *catalog)
{
    mt_buffer_t text;

    mt_buffer_init(&text, catalog->pool, 256);
    mt_buffer_append_text(&text, "\n  The database has these tables and columns:");
    for (int i = 0; i < catalog->relations->nelts && i < RELATIONS_SHOWN; i++) {
        const mt_import_relation_t *relation = APR_ARRAY_IDX(catalog->relations, i, const mt_import_relation_t *);

        append_name(&text, "\n    ", relation->name);
        for (int j = 0; j < relation->columns->nelts; j++)
            append_name(&text, j ? ", " : ": ", APR_ARRAY_IDX(relation->columns, j, const char *));
    }
    if (catalog->relations->nelts == 0)
        mt_buffer_append_text(&text, " none");
    if (catalog->relations->nelts > RELATIONS_SHOWN)
        mt_buffer_append_text(&text, "\n    ...");
    return mt_buffer_text(&text);
}
