/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_NAMES_H
#define MT_IMPORT_NAMES_H

#include "admin/import.h"

/* The usual names of tables and columns in ports of MiniTwit. To recognise another name, add it here. */

/* The columns of each table, in the order of a row's cells (import_source.h). */
enum {
    MT_IMPORT_USER_ID,
    MT_IMPORT_USER_NAME,
    MT_IMPORT_USER_EMAIL,
    MT_IMPORT_USER_HASH,
    MT_IMPORT_USER_DELETED,
    MT_IMPORT_USER_ABOUT, /* this and the next two are only in a file of minitwitctl export */
    MT_IMPORT_USER_JOINED,
    MT_IMPORT_USER_SEEN
};
enum {
    MT_IMPORT_MESSAGE_ID,
    MT_IMPORT_MESSAGE_AUTHOR,
    MT_IMPORT_MESSAGE_TEXT,
    MT_IMPORT_MESSAGE_DATE,
    MT_IMPORT_MESSAGE_FLAG,
    MT_IMPORT_MESSAGE_DELETED,
    MT_IMPORT_MESSAGE_ANSWERS, /* this and the next three are only in a file of minitwitctl export */
    MT_IMPORT_MESSAGE_ANSWERED,
    MT_IMPORT_MESSAGE_MENTIONS,
    MT_IMPORT_MESSAGE_TAGS
};
enum {
    MT_IMPORT_FOLLOW_WHO,
    MT_IMPORT_FOLLOW_WHOM,
    MT_IMPORT_FOLLOW_DELETED,
    MT_IMPORT_FOLLOW_ORDER
};
#define MT_IMPORT_ROLES 6

/* A comparison ignores case, and all characters except letters and digits: both "created_at" and "createdAt" become
 * "createdat". Names in a list are separated by blanks. */
typedef struct mt_import_role_t {
    const char *name;    /* in the original program, and in --map; NULL after the last column */
    const char *usual;   /* other names */
    const char *weak;    /* names that count if there is no other */
    const char *missing; /* the default of an optional column, for the operator; NULL: the column is required */
    int is_asked;        /* 1: the default is only taken if --map says that there is no column */
    int is_silent;       /* 1: a missing column is not shown */
    int is_id;           /* 1: also recognised as "id", and as the table's name with "id" */
    const char *meaning; /* for the operator; NULL: the name is clear */
} mt_import_role_t;

typedef struct mt_import_names_t {
    const char *name;     /* in --map and in messages */
    const char *original; /* in the original program */
    const char *usual;    /* other names, which may also be the end of a name, as in auth_user */
    mt_import_role_t roles[MT_IMPORT_ROLES + 1];
} mt_import_names_t;

extern const mt_import_names_t mt_ctl_import_names[MT_IMPORT_TABLES];

/* Returns a name in the form in which names are compared. */
const char *mt_ctl_import_names_fold(apr_pool_t *pool, const char *name);

/* Returns 1 if a folded name is in a list, which may be NULL. */
int mt_ctl_import_names_has(const char *list, const char *folded);

/* Returns 1 if a folded name ends in one of a list, and the name in the database has a separator there or a capital
 * letter, as minitwit_message and AspNetUsers do. */
int mt_ctl_import_names_has_end(apr_pool_t *pool, const char *list, const char *name);

#endif
