/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/marks.h"

#include "core/buffer.h"
#include "core/entity.h"
#include "core/escape.h"
#include "store/value.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

static int has(const apr_array_header_t *list, const char *text)
{
    for (int i = 0; i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, const char *), text) == 0)
            return 1;
    }
    return 0;
}

static void add(apr_pool_t *pool, apr_array_header_t **list, const char *text)
{
    if (!*list)
        *list = apr_array_make(pool, 4, sizeof(const char *));
    if ((*list)->nelts < MT_MARKS_MAX && !has(*list, text))
        APR_ARRAY_PUSH(*list, const char *) = text;
}

/* Appends an element of an array. */
static void append_name(mt_buffer_t *json, apr_pool_t *pool, const char *name)
{
    mt_buffer_append_text(json, "{");
    mt_escape_json_member(json, "name", name);
    mt_escape_json_member(json, "nfc", mt_value_nfc(pool, name));
    mt_buffer_append_text(json, "}");
}

/* Returns the JSON array, or NULL for no list. */
static const char *format(apr_pool_t *pool, const apr_array_header_t *list, int has_names)
{
    mt_buffer_t json;

    if (!list)
        return NULL;
    mt_buffer_init(&json, pool, 256);
    for (int i = 0; i < list->nelts; i++) {
        mt_buffer_append_text(&json, i ? "," : "[");
        if (has_names)
            append_name(&json, pool, APR_ARRAY_IDX(list, i, const char *));
        else
            mt_escape_json(&json, APR_ARRAY_IDX(list, i, const char *));
    }
    mt_buffer_append_text(&json, "]");
    return mt_buffer_text(&json);
}

void mt_marks_find(apr_pool_t *pool, const char *text, mt_marks_t *marks)
{
    apr_array_header_t *names = NULL, *tags = NULL;
    mt_entity_reader_t reader;
    mt_entity_t entity;

    mt_entity_begin(&reader, text, strlen(text));
    while (mt_entity_next(&reader, &entity)) {
        if (entity.kind == MT_ENTITY_MENTION && (!names || names->nelts < MT_MARKS_MAX))
            add(pool, &names, apr_pstrmemdup(pool, entity.target, entity.target_len));
        else if (entity.kind == MT_ENTITY_TAG && (!tags || tags->nelts < MT_MARKS_MAX))
            add(pool, &tags, mt_entity_fold_tag(pool, entity.target, entity.target_len));
    }
    marks->names = format(pool, names, 1);
    marks->tags = format(pool, tags, 0);
}
