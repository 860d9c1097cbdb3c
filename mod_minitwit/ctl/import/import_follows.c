/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_follows.h"

#include "store/value.h"

#include <apr_strings.h>
#include <string.h>

/* Columns 1 and 2 are the ids of the follower and of the followed user. */
static void report_follow(mt_import_run_t *run, mt_import_problem_t problem, PGresult *result, int row)
{
    const char *pair = apr_pstrcat(run->scratch, PQgetvalue(result, row, 1), "-", PQgetvalue(result, row, 2), NULL);

    mt_ctl_import_report_add(run->report, problem, pair, NULL, 0);
}

static void report_bad(mt_import_run_t *run, PGresult *result, int row)
{
    int is_self = strcmp(PQgetvalue(result, row, 3), "self") == 0;

    report_follow(run, is_self ? MT_IMPORT_FOLLOW_SELF : MT_IMPORT_FOLLOW_DANGLING, result, row);
}

static void report_repeated(mt_import_run_t *run, PGresult *result, int row)
{
    for (apr_int64_t again = mt_value_integer(result, row, 3); again > 0; again--)
        report_follow(run, MT_IMPORT_FOLLOW_REPEATED, result, row);
}

/* Reports all rows of a list. The list comes in parts: each begins after the number of the previous part's last row. */
static const char *report_all(mt_import_run_t *run,
                              const char *(*list)(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result),
                              void (*report)(mt_import_run_t *run, PGresult *result, int row))
{
    apr_int64_t after = 0;
    PGresult *result;

    for (int count = MT_IMPORT_LIST_MAX; count == MT_IMPORT_LIST_MAX;) {
        const char *message = list(run->pg, run->pool, after, &result);

        if (message)
            return message;
        count = PQntuples(result);
        for (int i = 0; i < count; i++)
            report(run, result, i);
        if (count)
            after = mt_value_integer(result, count - 1, 0);
        PQclear(result);
        apr_pool_clear(run->scratch);
    }
    return NULL;
}

const char *mt_ctl_import_follows_add(mt_import_run_t *run)
{
    apr_int64_t pairs = 0;
    const char *message = mt_ctl_import_batch_copy_all(run, MT_IMPORT_FOLLOWS, "follows");

    if (!message)
        message = report_all(run, mt_import_list_bad_follows, report_bad);
    if (!message)
        message = mt_import_merge_follows(run->pg, run->pool, &pairs);
    if (!message)
        message = report_all(run, mt_import_list_repeated_follows, report_repeated);
    if (message || run->is_dry)
        return message;
    message = mt_ctl_import_batch_add_parts(run, MT_IMPORT_FOLLOWS, mt_import_add_follows);
    run->totals->present[MT_IMPORT_FOLLOWS] = pairs - run->totals->added[MT_IMPORT_FOLLOWS];
    return message;
}
