/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_INTERNAL_H
#define MT_TEMPLATE_INTERNAL_H

#include "core/template.h"

/* How deep sections may be nested, layout and page counted together. */
#define MT_TEMPLATE_DEPTH_MAX 16

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

#endif
