/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DOCTOR_H
#define MT_DOCTOR_H

#include "ctl/ctl.h"

#include <apr_tables.h>

typedef enum mt_doctor_level_t {
    MT_DOCTOR_OK,
    MT_DOCTOR_UNKNOWN, /* it cannot be seen from here */
    MT_DOCTOR_WARNING,
    MT_DOCTOR_PROBLEM
} mt_doctor_level_t;

typedef struct mt_doctor_finding_t {
    mt_doctor_level_t level;
    const char *check;
    const char *text;
    const char *remedy; /* NULL: there is nothing to do */
} mt_doctor_finding_t;

typedef struct mt_doctor_t {
    apr_pool_t *pool;
    PGconn *pg;
    const char *role; /* who is connected */
    const char *
        site; /* the role that httpd works as: the same, unless that one is the owner, a member of it, or a superuser */
    int is_owner;                 /* whether it is one of these */
    int is_schema_known;          /* whether the schema is that of this very build */
    apr_array_header_t *findings; /* of mt_doctor_finding_t */
} mt_doctor_t;

/* What --children, --dbdmax and --backups say; NULL each when it is not there. */
typedef struct mt_doctor_wish_t {
    const char *children, *dbdmax;
    const char *backups;
} mt_doctor_wish_t;

void mt_ctl_doctor_add(mt_doctor_t *doctor, const char *check, mt_doctor_level_t level, const char *text,
                       const char *remedy);

/* Takes what mt_plain_run returned. 0: it did its work. 1: it did not, which is a problem now. */
int mt_ctl_doctor_fails(mt_doctor_t *doctor, const char *check, const char *message);

/* A check by one query, whose only row has two columns: a list of the faults, and the SQL that mends them. */
typedef struct mt_doctor_list_t {
    const char *check;
    mt_doctor_level_t level; /* of the finding if there are faults */
    const char *fine;        /* its text if the first column is null */
    const char *wrong;       /* otherwise its text is this and the first column */
    const char *who;         /* the role that must run the SQL */
} mt_doctor_list_t;

/* Runs the query with its parameters, and adds a finding. A query that fails is a finding, too. */
void mt_ctl_doctor_examine_list(mt_doctor_t *doctor, const mt_doctor_list_t *list, const char *sql, int count,
                                const char *const *values);

/* Each looks at its part, and adds its findings. */
void mt_ctl_doctor_server_examine(mt_doctor_t *doctor);
void mt_ctl_doctor_connections_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish);
void mt_ctl_doctor_role_examine(mt_doctor_t *doctor);
void mt_ctl_doctor_schema_examine(mt_doctor_t *doctor); /* sets is_schema_known, which the two behind it read */
void mt_ctl_doctor_care_examine(mt_doctor_t *doctor);
void mt_ctl_doctor_backup_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish);

#endif
