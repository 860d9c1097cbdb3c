/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_SOURCE_H
#define MT_IMPORT_SOURCE_H

#include "admin/import.h"
#include "ctl/ctl.h"
#include "ctl/import/import_map.h"

typedef enum mt_import_kind_t {
    MT_IMPORT_NULL,
    MT_IMPORT_INTEGER,
    MT_IMPORT_REAL,
    MT_IMPORT_BYTES
} mt_import_kind_t;

/* A value as the source stores it. */
typedef struct mt_import_cell_t {
    mt_import_kind_t kind;
    apr_int64_t integer;
    double real;
    const char *data; /* of bytes; also of a number in a text column, in decimal; valid until the next row */
    apr_size_t len;
} mt_import_cell_t;

#define MT_IMPORT_CELLS 10

/* A reader of another site's data. Its rows have these cells:
 *   users     id, username, email, password hash, deleted, profile text (valid UTF-8), time of the
 *             registration in microseconds since 1970, date of the newest mention that the user has seen, likewise
 *   messages  id, author's id, text, date, flagged, deleted, id of the answered message and of its author, ids of the
 *             mentioned users and tags, each separated by spaces
 *   follows   id of the follower, id of the followed user, deleted
 * Users and messages come in the order of their ids, follows in the order in which they began. */
typedef struct mt_import_source_t {
    void *self;
    const mt_import_map_t *map; /* the tables and columns; NULL: a file of minitwitctl export */
    apr_int64_t counts[MT_IMPORT_TABLES];
    /* The greatest ids up to MT_IMPORT_ID_MAX. 0 if there is none, and for follows. */
    apr_int64_t ids_max[MT_IMPORT_TABLES];
    /* Starts at the first row of a table. Returns NULL, or the message for the operator, like next. */
    const char *(*begin)(void *self, mt_import_table_t table);
    /* Reads the next row. Sets *has_row to 0 after the last row. */
    const char *(*next)(void *self, mt_import_cell_t cells[MT_IMPORT_CELLS], int *has_row);
    void (*close)(void *self);
} mt_import_source_t;

/* Each function sets *source and returns NULL, or returns the message for the operator. mt_ctl_import_jsonl_open checks
 * the whole file first. maps: the values of --map, one per line, or NULL. */
const char *mt_ctl_import_sqlite_open(apr_pool_t *pool, const char *path, const char *maps, mt_import_source_t *source);
const char *mt_ctl_import_jsonl_open(apr_pool_t *pool, const char *path, mt_import_source_t *source);
const char *mt_ctl_import_postgres_open(mt_ctl_t *ctl, const char *conninfo, const char *schema, const char *maps,
                                        mt_import_source_t *source);

#endif
