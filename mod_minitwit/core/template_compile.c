/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/template_compile.h"

#include "core/template_context.h"
#include "core/template_tag.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

typedef struct section_t {
    mt_template_tag_t tag;
    unsigned at; /* its first instruction */
} section_t;

typedef struct compiler_t {
    apr_pool_t *pool;
    apr_array_header_t *code; /* mt_instruction_t */
    const mt_template_input_t *input;
    mt_template_context_t context;
    int page_line;                                      /* of {{> page}} in the layout; 0: not seen yet */
    int in_page;                                        /* 1: in the page, or in a file that it inserts */
    int inserts;                                        /* number of files, without the page and the layout */
    const mt_field_t *items[MT_TEMPLATE_DEPTH_MAX + 1]; /* fields of the open loops' items, from index 1 */
    unsigned char loops;                                /* number of open loops */
    section_t sections[MT_TEMPLATE_DEPTH_MAX];
    unsigned depth;
} compiler_t;

static const mt_field_t *find_field(const mt_field_t *fields, const mt_template_tag_t *tag)
{
    for (; fields->name; fields++) {
        if (strlen(fields->name) == (size_t)tag->len && !memcmp(fields->name, tag->name, (size_t)tag->len))
            return fields;
    }
    return NULL;
}

static const char *list_fields(apr_pool_t *pool, const char *names, const mt_field_t *fields)
{
    for (; fields->name; fields++)
        names = apr_pstrcat(pool, names, *names ? ", " : "", fields->name, NULL);
    return names;
}

static const char *fail_unknown(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    const char *names = "";
    unsigned char loop;

    for (loop = compiler->loops; loop > 0; loop--)
        names = list_fields(compiler->pool, names, compiler->items[loop]);
    if (compiler->in_page)
        names = list_fields(compiler->pool, names, compiler->input->page_fields);
    names = list_fields(compiler->pool, names, compiler->input->layout_fields);
    return mt_template_source_fail(compiler->pool, source, tag->line, "there is no field \"%.*s\" here; use one of: %s",
                                   tag->len, tag->name, names);
}

/* Finds a field by name, in the innermost scope first. Sets *field, and *scope to the struct that holds it. */
static const char *resolve(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag,
                           const mt_field_t **field, unsigned char *scope)
{
    for (*scope = compiler->loops; *scope > 0; --*scope) {
        *field = find_field(compiler->items[*scope], tag);
        if (*field)
            return NULL;
    }
    *field = compiler->in_page ? find_field(compiler->input->page_fields, tag) : NULL;
    if (!*field)
        *field = find_field(compiler->input->layout_fields, tag);
    return *field ? NULL : fail_unknown(compiler, source, tag);
}

static mt_instruction_t *emit(compiler_t *compiler, mt_operation_t operation)
{
    mt_instruction_t *instruction = apr_array_push(compiler->code);

    memset(instruction, 0, sizeof(*instruction));
    instruction->operation = (unsigned char)operation;
    return instruction;
}

static mt_instruction_t *emit_field(compiler_t *compiler, mt_operation_t operation, const mt_field_t *field,
                                    unsigned char scope)
{
    mt_instruction_t *instruction = emit(compiler, operation);

    instruction->scope = scope;
    instruction->at.offset = field->offset;
    return instruction;
}

static void emit_literal(compiler_t *compiler, const mt_template_literal_t *literal)
{
    mt_instruction_t *instruction;

    mt_template_context_read(&compiler->context, literal->text, literal->len);
    if (literal->len == 0)
        return;
    instruction = emit(compiler, MT_OPERATION_LITERAL);
    instruction->target = (unsigned)literal->len;
    instruction->at.text = literal->text;
}

static const char *compile_value(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    const mt_field_t *field;
    mt_operation_t operation = MT_OPERATION_TEXT;
    unsigned char scope;
    const char *problem = resolve(compiler, source, tag, &field, &scope);

    if (problem)
        return problem;
    if (field->kind != MT_FIELD_TEXT && field->kind != MT_FIELD_PHRASE)
        return mt_template_source_fail(compiler->pool, source, tag->line,
                                       "%s is a %s, not a text; write {{#%s}} ... {{/%s}}", field->name,
                                       field->kind == MT_FIELD_LIST ? "list" : "flag", field->name, field->name);
    if (tag->kind == '&')
        operation = MT_OPERATION_RAW;
    else if (field->kind == MT_FIELD_PHRASE && mt_template_context_has_markup(&compiler->context))
        operation = MT_OPERATION_PHRASE;
    emit_field(compiler, operation, field, scope);
    return NULL;
}

static const char *open_section(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    static const mt_operation_t shown_if[] = { [MT_FIELD_TEXT] = MT_OPERATION_IF_TEXT,
                                               [MT_FIELD_PHRASE] = MT_OPERATION_IF_TEXT,
                                               [MT_FIELD_FLAG] = MT_OPERATION_IF_FLAG,
                                               [MT_FIELD_LIST] = MT_OPERATION_LOOP };
    static const mt_operation_t shown_unless[] = { [MT_FIELD_TEXT] = MT_OPERATION_UNLESS_TEXT,
                                                   [MT_FIELD_PHRASE] = MT_OPERATION_UNLESS_TEXT,
                                                   [MT_FIELD_FLAG] = MT_OPERATION_UNLESS_FLAG,
                                                   [MT_FIELD_LIST] = MT_OPERATION_UNLESS_LIST };
    const mt_field_t *field;
    mt_operation_t operation;
    mt_instruction_t *instruction;
    section_t *section;
    unsigned char scope;
    const char *problem = resolve(compiler, source, tag, &field, &scope);

    if (problem)
        return problem;
    if (compiler->depth == MT_TEMPLATE_DEPTH_MAX)
        return mt_template_source_fail(compiler->pool, source, tag->line,
                                       "sections are nested deeper than %d; use fewer nested sections",
                                       MT_TEMPLATE_DEPTH_MAX);
    section = &compiler->sections[compiler->depth++];
    section->tag = *tag;
    section->at = (unsigned)compiler->code->nelts;

    operation = tag->kind == '#' ? shown_if[field->kind] : shown_unless[field->kind];
    instruction = emit_field(compiler, operation, field, scope);
    if (operation == MT_OPERATION_LOOP) {
        instruction->loop = ++compiler->loops;
        compiler->items[compiler->loops] = field->items;
    }
    return NULL;
}

static const char *close_section(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    const section_t *section;
    mt_instruction_t *begin;

    if (compiler->depth == source->outside)
        return mt_template_source_fail(
            compiler->pool, source, tag->line,
            "{{/%.*s}} closes a section that was never opened; remove it, or open it with {{#%.*s}}", tag->len,
            tag->name, tag->len, tag->name);
    section = &compiler->sections[compiler->depth - 1];
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): the tag of an open section has a name */
    if (section->tag.len != tag->len || memcmp(section->tag.name, tag->name, (size_t)tag->len))
        return mt_template_source_fail(
            compiler->pool, source, tag->line,
            "{{/%.*s}} comes before the end of {{%c%.*s}} of line %d; first close that section with {{/%.*s}}",
            tag->len, tag->name, section->tag.kind, section->tag.len, section->tag.name, section->tag.line,
            section->tag.len, section->tag.name);
    compiler->depth--;
    if (APR_ARRAY_IDX(compiler->code, section->at, mt_instruction_t).operation == MT_OPERATION_LOOP) {
        mt_instruction_t *next = emit(compiler, MT_OPERATION_NEXT);

        next->loop = compiler->loops--;
        next->target = section->at + 1;
    }
    begin = &APR_ARRAY_IDX(compiler->code, section->at, mt_instruction_t);
    begin->target = (unsigned)compiler->code->nelts;
    return NULL;
}

static const char *compile_source(compiler_t *compiler, mt_template_source_t *source);

static const char *insert_page(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    mt_template_source_t *page = compiler->input->page;
    const char *problem;

    if (source != compiler->input->layout)
        return mt_template_source_fail(compiler->pool, source, tag->line,
                                       "{{> page}} is in a page; it may only be in " MT_TEMPLATE_LAYOUT
                                       ", so remove it");
    if (compiler->page_line)
        return mt_template_source_fail(compiler->pool, source, tag->line,
                                       "{{> page}} is already on line %d; remove one of the two", compiler->page_line);
    if (compiler->loops)
        return mt_template_source_fail(compiler->pool, source, tag->line,
                                       "{{> page}} is inside a list; move it out, so that the page is shown once");
    compiler->page_line = tag->line;
    page->outside = compiler->depth;
    page->parent = source;
    compiler->in_page = 1;
    problem = compile_source(compiler, page);
    compiler->in_page = 0;
    return problem;
}

/* A name cannot lead to another folder. */
static int is_name(const mt_template_tag_t *tag)
{
    for (int i = 0; i < tag->len; i++) {
        if (!apr_isalnum(tag->name[i]) && tag->name[i] != '_' && tag->name[i] != '-')
            return 0;
    }
    return 1;
}

static int is_open(const mt_template_source_t *open, const mt_template_source_t *source)
{
    while (open && strcmp(open->path, source->path) != 0)
        open = open->parent;
    return open != NULL;
}

static const char *insert_file(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    apr_pool_t *pool = compiler->pool;
    mt_template_source_t file;
    const char *problem;

    if (!compiler->input->open || !is_name(tag))
        return mt_template_source_fail(pool, source, tag->line,
                                       "{{> %.*s}} cannot be inserted; give the name of a file of this folder without "
                                       "\".html\": letters, digits, \"-\" and \"_\"",
                                       tag->len, tag->name);
    if (++compiler->inserts > MT_TEMPLATE_INSERTS_MAX)
        return mt_template_source_fail(pool, source, tag->line,
                                       "more than %d files are inserted into this page; insert fewer",
                                       MT_TEMPLATE_INSERTS_MAX);
    problem =
        compiler->input->open(pool, compiler->input->dir, apr_psprintf(pool, "%.*s.html", tag->len, tag->name), &file);
    if (problem)
        return mt_template_source_fail(pool, source, tag->line, "{{> %.*s}} cannot be inserted: %s", tag->len,
                                       tag->name, problem);
    if (is_open(source, &file))
        return mt_template_source_fail(pool, source, tag->line, "{{> %.*s}} inserts a file into itself; remove the tag",
                                       tag->len, tag->name);
    file.outside = compiler->depth;
    file.parent = source;
    problem = compile_source(compiler, &file);
    return problem ? apr_psprintf(pool, "%s (%s:%d inserts this file)", problem, source->path, tag->line) : NULL;
}

static const char *insert(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    if (tag->len == 4 && !memcmp(tag->name, "page", 4))
        return insert_page(compiler, source, tag);
    return insert_file(compiler, source, tag);
}

static const char *compile_tag(compiler_t *compiler, const mt_template_source_t *source, const mt_template_tag_t *tag)
{
    switch (tag->kind) {
    case MT_TEMPLATE_TAG_VALUE:
    case '&':
        return compile_value(compiler, source, tag);
    case '#':
    case '^':
        return open_section(compiler, source, tag);
    case '/':
        return close_section(compiler, source, tag);
    case '>':
        return insert(compiler, source, tag);
    default:
        return NULL; /* a comment, or the end */
    }
}

static const char *compile_source(compiler_t *compiler, mt_template_source_t *source)
{
    mt_template_literal_t literal = { .len = 0 };
    mt_template_tag_t tag;
    const char *problem = NULL;

    do {
        problem = mt_template_tag_read(compiler->pool, source, &literal, &tag);
        if (!problem) {
            emit_literal(compiler, &literal);
            problem = compile_tag(compiler, source, &tag);
        }
    } while (!problem && tag.kind != MT_TEMPLATE_TAG_END);
    if (!problem && compiler->depth > source->outside) {
        const mt_template_tag_t *open = &compiler->sections[compiler->depth - 1].tag;

        problem = mt_template_source_fail(compiler->pool, source, open->line,
                                          "{{%c%.*s}} is never closed; end the section with {{/%.*s}}", open->kind,
                                          open->len, open->name, open->len, open->name);
    }
    return problem;
}

const char *mt_template_compile(apr_pool_t *pool, const mt_template_input_t *input, const mt_instruction_t **code)
{
    compiler_t compiler = { .pool = pool, .code = apr_array_make(pool, 64, sizeof(mt_instruction_t)), .input = input };
    const char *problem = compile_source(&compiler, input->layout);

    if (problem)
        return problem;
    if (!compiler.page_line)
        return mt_template_source_fail(pool, input->layout, input->layout->line,
                                       "there is no {{> page}}; put it where the pages belong");
    emit(&compiler, MT_OPERATION_END);
    *code = (const mt_instruction_t *)compiler.code->elts;
    return NULL;
}
