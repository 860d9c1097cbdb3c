/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/template_context.h"

#include <string.h>
#include <strings.h>

static int begins(const char *text, const char *end, const char *with)
{
    size_t len = strlen(with);

    return (size_t)(end - text) >= len && strncasecmp(text, with, len) == 0;
}

/* Reads the character after "<". */
static const char *open_tag(mt_template_context_t *context, const char *text, const char *end)
{
    static const char *const plain[] = { "title", "textarea" };
    int is_end = begins(text, end, "/");

    if (begins(text, end, "!--")) {
        context->state = MT_TEMPLATE_CONTEXT_COMMENT;
        return text + 3;
    }
    context->state = MT_TEMPLATE_CONTEXT_TAG;
    context->quote = '\0';
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (begins(text + is_end, end, plain[i]))
            context->is_plain = !is_end;
    }
    return text;
}

static void read_tag(mt_template_context_t *context, char c)
{
    if (context->quote)
        context->quote = c == context->quote ? '\0' : context->quote;
    else if (c == '"' || c == '\'')
        context->quote = c;
    else if (c == '>')
        context->state = MT_TEMPLATE_CONTEXT_CONTENT;
}

void mt_template_context_read(mt_template_context_t *context, const char *text, apr_size_t len)
{
    const char *end = text + len;

    while (text < end) {
        switch (context->state) {
        case MT_TEMPLATE_CONTEXT_CONTENT:
            if (*text++ == '<')
                text = open_tag(context, text, end);
            break;
        case MT_TEMPLATE_CONTEXT_TAG:
            read_tag(context, *text++);
            break;
        default:
            if (begins(text, end, "-->"))
                context->state = MT_TEMPLATE_CONTEXT_CONTENT;
            text++;
        }
    }
}

int mt_template_context_has_markup(const mt_template_context_t *context)
{
    return context->state == MT_TEMPLATE_CONTEXT_CONTENT && !context->is_plain;
}
