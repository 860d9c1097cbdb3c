/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/template_compile.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_strings.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Nested loops multiply the output, so templates with more sections are not rendered. */
#define SECTIONS_MAX 10

typedef struct item_t {
    const char *text;
    int flag;
    mt_list_t list;
} item_t;

typedef struct view_t {
    const char *text;
    const char *gone;
    int flag;
    mt_list_t list;
    mt_list_t none;
} view_t;

static const mt_field_t inner_fields[] = { { "t", MT_FIELD_TEXT, offsetof(item_t, text), NULL }, { 0 } };
static const mt_field_t item_fields[] = { { "t", MT_FIELD_TEXT, offsetof(item_t, text), NULL },
                                          { "f", MT_FIELD_FLAG, offsetof(item_t, flag), NULL },
                                          { "i", MT_FIELD_LIST, offsetof(item_t, list), inner_fields },
                                          { 0 } };
static const mt_field_t layout_fields[] = { { "t", MT_FIELD_TEXT, offsetof(view_t, text), NULL },
                                            { "p", MT_FIELD_PHRASE, offsetof(view_t, text), NULL },
                                            { "f", MT_FIELD_FLAG, offsetof(view_t, flag), NULL },
                                            { 0 } };
static const mt_field_t page_fields[] = { { "g", MT_FIELD_TEXT, offsetof(view_t, gone), NULL },
                                          { "l", MT_FIELD_LIST, offsetof(view_t, list), item_fields },
                                          { "n", MT_FIELD_LIST, offsetof(view_t, none), item_fields },
                                          { 0 } };

static const char mark[] = "<\"'&>";

static int count(const char *text, char c)
{
    int number = 0;

    for (; *text; text++)
        number += *text == c;
    return number;
}

/* Returns at least the number of sections that a page has when all its files are inserted. */
static int count_sections(const char *layout, const char *page, const char *part)
{
    int inserts = strchr(part, '>') ? MT_TEMPLATE_INSERTS_MAX : count(layout, '>') + count(page, '>');

    return count(layout, '#') + count(page, '#') + inserts * count(part, '#');
}

static mt_template_source_t source_of(const char *path, const char *text)
{
    mt_template_source_t source = { path, text, text, text + strlen(text), 1, 0, NULL };

    return source;
}

/* Each name is a file with the same text. */
static const char *open_part(apr_pool_t *pool, const char *text, const char *name, mt_template_source_t *source)
{
    *source = source_of(apr_pstrcat(pool, "part ", name, NULL), text);
    return NULL;
}

/* The problem begins with "FILE:LINE: ". */
static void check_problem(const char *problem, const char *layout, const char *page, const char *part)
{
    const char *text = problem[0] == 'l' ? layout : strncmp(problem, "part ", 5) == 0 ? part : page;
    const char *colon = strchr(problem, ':');
    char *end;
    long line;

    fuzz_assert(text != layout || strncmp(problem, "layout:", 7) == 0);
    fuzz_assert(text != page || strncmp(problem, "page:", 5) == 0);
    fuzz_assert(colon != NULL);
    line = strtol(colon + 1, &end, 10);
    fuzz_assert(line >= 1 && line <= count(text, '\n') + 1 && strncmp(end, ": ", 2) == 0);
}

static int is_valid(const char *text)
{
    return mt_utf8_is_valid(text, strlen(text));
}

static const char *render(apr_pool_t *pool, const mt_template_t *compiled)
{
    item_t inner[] = { { mark, 0, { NULL, 0, 0 } } };
    item_t items[] = { { mark, 1, { inner, 1, sizeof(*inner) } }, { NULL, 0, { NULL, 0, 0 } } };
    view_t view = { mark, NULL, 1, { items, 2, sizeof(*items) }, { NULL, 0, 0 } };
    mt_buffer_t out;

    mt_buffer_init(&out, pool, 0);
    mt_template_render(compiled, &view, &out);
    return mt_buffer_text(&out);
}

void fuzz_template(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *layout = fuzz_take_text(pool, &input);
    const char *page = fuzz_take_text(pool, &input);
    const char *part = fuzz_take_rest(pool, &input);
    mt_template_source_t layout_source = source_of("layout", layout);
    mt_template_source_t page_source = source_of("page", page);
    mt_template_input_t files = { &layout_source, layout_fields, &page_source, page_fields, open_part, part };
    mt_template_t compiled;
    const char *problem;
    const char *html;

    /* The module refuses such files when it reads them. */
    if (!is_valid(layout) || !is_valid(page) || !is_valid(part))
        return;
    problem = mt_template_compile(pool, &files, &compiled.code);
    if (problem) {
        check_problem(problem, layout, page, part);
        return;
    }
    if (count_sections(layout, page, part) > SECTIONS_MAX)
        return;
    html = render(pool, &compiled);
    fuzz_assert(strcmp(render(pool, &compiled), html) == 0);
    fuzz_assert(mt_utf8_is_valid(html, strlen(html)));
    /* Without an ampersand in a tag, all fields are escaped. */
    if (!strchr(layout, '&') && !strchr(page, '&') && !strchr(part, '&'))
        fuzz_assert(strstr(html, mark) == NULL);
    if (!strstr(layout, "{{") && !strstr(page, "{{"))
        fuzz_assert(0); /* a layout without a page is refused */
}
