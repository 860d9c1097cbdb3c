/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_INTERNAL_H
#define MT_TEMPLATE_INTERNAL_H

#include "core/template.h"

/* The deepest nesting of sections in layout and page together. */
#define MT_TEMPLATE_DEPTH_MAX 16

/* The number of files that a page and the layout together insert. Without a limit, files that each insert another file
 * twice would need endless time and memory. */
#define MT_TEMPLATE_INSERTS_MAX 64

/* A compiled template is a flat program of these operations. */
typedef enum mt_operation_t {
    MT_OPERATION_LITERAL,
    MT_OPERATION_TEXT, /* escaped */
    MT_OPERATION_PHRASE,
    MT_OPERATION_RAW,
    MT_OPERATION_IF_TEXT, /* this one and the next four jump to target if the section is not shown */
    MT_OPERATION_IF_FLAG,
    MT_OPERATION_UNLESS_TEXT,
    MT_OPERATION_UNLESS_FLAG,
    MT_OPERATION_UNLESS_LIST,
    MT_OPERATION_LOOP, /* enters the first item, or jumps to target if there is none */
    MT_OPERATION_NEXT, /* jumps to target with the next item, or continues after the last */
    MT_OPERATION_END
} mt_operation_t;

typedef struct mt_instruction_t {
    unsigned char operation; /* mt_operation_t */
    unsigned char scope;     /* the struct with the field: 0 is the view, n the item of the nth enclosing loop */
    unsigned char loop;      /* LOOP, NEXT: the scope of the items */
    unsigned target;         /* the index of an instruction; for a literal, its length */
    union {
        const char *text;  /* a literal */
        apr_size_t offset; /* of the field in its struct */
    } at;
} mt_instruction_t;

struct mt_template_t {
    const mt_instruction_t *code;
};

#endif
