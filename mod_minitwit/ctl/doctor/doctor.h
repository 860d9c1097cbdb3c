/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DOCTOR_H
#define MT_DOCTOR_H

#include "ctl/ctl.h"

#include <apr_tables.h>

typedef enum mt_doctor_level_t {
    MT_DOCTOR_OK,
    MT_DOCTOR_UNKNOWN, /* this role or this schema does not show it, or an option is missing */
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
    const char *role;             /* of the connection */
    const char *site;             /* httpd's role: minitwit_site if is_owner, else role */
    int is_owner;                 /* role is minitwit_owner, a member of it, or a superuser */
    int is_schema_known;          /* the schema has exactly the version of this build */
    int is_read_only;             /* the server accepts no writes */
    apr_array_header_t *findings; /* of mt_doctor_finding_t */
} mt_doctor_t;

/* The values of the options --children, --dbdmax, --backups and --config. NULL: not given. */
typedef struct mt_doctor_wish_t {
    const char *children, *dbdmax;
    const char *backups;
    const char *config;
} mt_doctor_wish_t;

void mt_ctl_doctor_add(mt_doctor_t *doctor, const char *check, mt_doctor_level_t level, const char *text,
                       const char *remedy);

/* Takes the result of mt_plain_run. Returns 0 if it is NULL. Otherwise adds it as a problem, and returns 1. */
int mt_ctl_doctor_fails(mt_doctor_t *doctor, const char *check, const char *message);

/* A check by one query. Its only row has two columns: a list of the faults, and the SQL that repairs them. */
typedef struct mt_doctor_list_t {
    const char *check;
    mt_doctor_level_t level; /* of the finding, if there are faults */
    const char *fine;        /* the finding's text, if the first column is null */
    const char *wrong;       /* otherwise the text is this and the first column */
    const char *role;        /* the role that must run the SQL */
} mt_doctor_list_t;

/* Runs the query with its parameters and adds a finding. A failed query is a problem, too. */
void mt_ctl_doctor_examine_list(mt_doctor_t *doctor, const mt_doctor_list_t *list, const char *sql, int count,
                                const char *const *values);

/* Each function examines one area and adds findings. */
void mt_ctl_doctor_server_examine(mt_doctor_t *doctor); /* sets is_read_only */
void mt_ctl_doctor_connections_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish);
void mt_ctl_doctor_schema_examine(mt_doctor_t *doctor); /* sets is_schema_known, so call it before the next four */
void mt_ctl_doctor_role_examine(mt_doctor_t *doctor);
void mt_ctl_doctor_trial_examine(mt_doctor_t *doctor);
void mt_ctl_doctor_care_examine(mt_doctor_t *doctor);
void mt_ctl_doctor_backup_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish);
void mt_ctl_doctor_site_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish); /* reads no database */

#endif
