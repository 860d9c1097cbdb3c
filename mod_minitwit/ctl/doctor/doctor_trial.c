/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "store/readiness.h"

#include <apr_strings.h>
#include <string.h>

static void add_failure(mt_doctor_t *doctor, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    mt_store_error_t error = { .failure = MT_STORE_OK };

    mt_failure_note(&error, doctor->pool, "trial", sqlstate ? sqlstate : "", text ? text : PQerrorMessage(doctor->pg));
    if (strcmp(error.sqlstate, "55P03") == 0)
        mt_ctl_doctor_add(doctor, "trial", MT_DOCTOR_UNKNOWN,
                          "no row was written, because another session holds a lock", "Run this command again later.");
    else
        mt_ctl_doctor_add(doctor, "trial", MT_DOCTOR_PROBLEM,
                          apr_psprintf(doctor->pool, "a row cannot be written, because %s (SQLSTATE %s: %s)",
                                       mt_failure_cause(&error), error.sqlstate, error.text),
                          mt_failure_advise(&error));
}

void mt_ctl_doctor_trial_examine(mt_doctor_t *doctor)
{
    if (!doctor->is_schema_known)
        return;
    if (doctor->is_read_only) {
        mt_ctl_doctor_add(doctor, "trial", MT_DOCTOR_UNKNOWN, "no row was written, because the database is read-only",
                          "Run this command again when the server accepts writes.");
        return;
    }
    PGresult *result = PQexec(doctor->pg, MT_READINESS_TRIAL);
    if (PQresultStatus(result) == PGRES_COMMAND_OK)
        mt_ctl_doctor_add(doctor, "trial", MT_DOCTOR_OK, "rows can be written to each table; all were rolled back",
                          NULL);
    else
        add_failure(doctor, result);
    PQclear(result);
    if (PQtransactionStatus(doctor->pg) != PQTRANS_IDLE)
        PQclear(PQexec(doctor->pg, "rollback"));
}
