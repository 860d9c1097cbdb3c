/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_INTERNAL_H
#define MT_TEMPLATE_INTERNAL_H

#include "core/template.h"

#define MT_TEMPLATE_LAYOUT "layout.html"

/* How deep sections may be nested, layout and page counted together. */
#define MT_TEMPLATE_DEPTH_MAX 16

/* A file and how far it has been compiled. Its text stays in memory: literals point into it. */
typedef struct mt_template_source_t {
    const char *path;
    const char *start;
    const char *at;
    const char *end;
    int line;         /* of at */
    unsigned outside; /* sections that were open before this file began: it may not close them */
} mt_template_source_t;

typedef struct mt_template_literal_t {
    const char *text; /* not NUL-terminated */
    apr_size_t len;
} mt_template_literal_t;

typedef struct mt_template_tag_t {
    char kind;        /* one of & # ^ / > ! or of the two below */
    const char *name; /* what follows the kind, without white space around; not NUL-terminated */
    int len;
    int line;
} mt_template_tag_t;

#define MT_TEMPLATE_TAG_VALUE 'v'
#define MT_TEMPLATE_TAG_END   '\0' /* no tag: the end of the file */

/* What source files compile to: a flat program. */
typedef enum mt_operation_t {
    MT_OPERATION_LITERAL,
    MT_OPERATION_TEXT, /* escaped */
    MT_OPERATION_RAW,
    MT_OPERATION_IF_TEXT, /* these five go to target when the section is not shown */
    MT_OPERATION_IF_FLAG,
    MT_OPERATION_UNLESS_TEXT,
    MT_OPERATION_UNLESS_FLAG,
    MT_OPERATION_UNLESS_LIST,
    MT_OPERATION_LOOP, /* enters the first item, or goes to target when there is none */
    MT_OPERATION_NEXT, /* goes to target with the next item, or on when there is none */
    MT_OPERATION_END
} mt_operation_t;

typedef struct mt_instruction_t {
    unsigned char operation; /* mt_operation_t */
    unsigned char scope;     /* which struct holds the field: 0 the view, n the item of the nth loop around it */
    unsigned char loop;      /* LOOP, NEXT: the scope of the items */
    unsigned target;         /* an instruction's index; for a literal its length */
    union {
        const char *text;  /* a literal */
        apr_size_t offset; /* the field's, in its struct */
    } at;
} mt_instruction_t;

struct mt_template_t {
    const mt_instruction_t *code;
};

/* "FILE:LINE: " and the rest. */
const char *mt_template_fail(apr_pool_t *pool, const mt_template_source_t *source, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Reads the text up to the next tag, and the tag. Returns NULL, or the message for the operator; so does
 * mt_template_compile. */
const char *mt_template_tag_read(apr_pool_t *pool, mt_template_source_t *source, mt_template_literal_t *literal,
                                 mt_template_tag_t *tag);

const char *mt_template_compile(apr_pool_t *pool, mt_template_source_t *layout, const mt_field_t *layout_fields,
                                mt_template_source_t *page, const mt_field_t *page_fields,
                                const mt_instruction_t **code);

#endif
