/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "admin/plain.h"

#include <apr_strings.h>
#include <string.h>

void mt_ctl_doctor_add(mt_doctor_t *doctor, const char *check, mt_doctor_level_t level, const char *text,
                       const char *remedy)
{
    mt_doctor_finding_t *finding = apr_array_push(doctor->findings);

    *finding = (mt_doctor_finding_t){ level, check, text, remedy };
}

int mt_ctl_doctor_fails(mt_doctor_t *doctor, const char *check, const char *message)
{
    if (!message)
        return 0;
    /* Without the hint of mt_plain_describe, which this remedy replaces. */
    mt_ctl_doctor_add(doctor, check, MT_DOCTOR_PROBLEM,
                      apr_psprintf(doctor->pool, "could not be checked: %.*s", (int)strcspn(message, "\n"), message),
                      "Connect to the site's database as minitwit_site or minitwit_owner.");
    return 1;
}

static void add_list(mt_doctor_t *doctor, const mt_doctor_list_t *list, PGresult *result)
{
    if (PQgetisnull(result, 0, 0))
        mt_ctl_doctor_add(doctor, list->check, MT_DOCTOR_OK, list->fine, NULL);
    else
        mt_ctl_doctor_add(
            doctor, list->check, list->level,
            apr_pstrcat(doctor->pool, list->wrong, ": ", PQgetvalue(result, 0, 0), NULL),
            apr_pstrcat(doctor->pool, "Run in psql as ", list->role, ": ", PQgetvalue(result, 0, 1), NULL));
}

void mt_ctl_doctor_examine_list(mt_doctor_t *doctor, const mt_doctor_list_t *list, const char *sql, int count,
                                const char *const *values)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(doctor, list->check, mt_plain_run(doctor->pg, doctor->pool, sql, count, values, &result)))
        return;
    add_list(doctor, list, result);
    PQclear(result);
}
