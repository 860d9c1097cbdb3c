/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"
#include "core/template_internal.h"

#include <string.h>

/* Returns a text field, or "" for NULL. */
static const char *text_of(const void *field)
{
    const char *text = *(const char *const *)field;

    return text ? text : "";
}

/* Returns 1 if the section that begins with the condition at is shown. */
static int is_shown(const mt_instruction_t *at, const void *field)
{
    switch ((mt_operation_t)at->operation) {
    case MT_OPERATION_IF_TEXT:
        return *text_of(field) != '\0';
    case MT_OPERATION_UNLESS_TEXT:
        return *text_of(field) == '\0';
    case MT_OPERATION_IF_FLAG:
        return *(const int *)field != 0;
    case MT_OPERATION_UNLESS_FLAG:
        return *(const int *)field == 0;
    default:
        return ((const mt_list_t *)field)->count == 0;
    }
}

void mt_template_render(const mt_template_t *compiled, const void *view, mt_buffer_t *out)
{
    const char *scopes[MT_TEMPLATE_DEPTH_MAX + 1] = { view };
    struct {
        apr_size_t left;
        apr_size_t size;
    } loops[MT_TEMPLATE_DEPTH_MAX + 1];
    const mt_instruction_t *code = compiled->code;
    unsigned next = 0;

    for (;;) {
        const mt_instruction_t *at = &code[next++];
        const void *field = at->operation == MT_OPERATION_LITERAL ? NULL : scopes[at->scope] + at->at.offset;
        const char *text;
        const mt_list_t *list;

        switch ((mt_operation_t)at->operation) {
        case MT_OPERATION_LITERAL:
            mt_buffer_append(out, at->at.text, at->target);
            break;
        case MT_OPERATION_TEXT:
            text = text_of(field);
            mt_escape_html(out, text, strlen(text));
            break;
        case MT_OPERATION_PHRASE:
            mt_escape_html_phrase(out, text_of(field));
            break;
        case MT_OPERATION_RAW:
            mt_buffer_append_text(out, text_of(field));
            break;
        case MT_OPERATION_IF_TEXT:
        case MT_OPERATION_IF_FLAG:
        case MT_OPERATION_UNLESS_TEXT:
        case MT_OPERATION_UNLESS_FLAG:
        case MT_OPERATION_UNLESS_LIST:
            if (!is_shown(at, field))
                next = at->target;
            break;
        case MT_OPERATION_LOOP:
            list = field;
            if (list->count == 0) {
                next = at->target;
                break;
            }
            scopes[at->loop] = list->items;
            loops[at->loop].left = list->count;
            loops[at->loop].size = list->size;
            break;
        case MT_OPERATION_NEXT:
            if (--loops[at->loop].left > 0) {
                scopes[at->loop] += loops[at->loop].size;
                next = at->target;
            }
            break;
        case MT_OPERATION_END:
            return;
        }
    }
}
