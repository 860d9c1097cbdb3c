/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/prepared.h"

#include <libpq-events.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libpq calls this for each event of a connection. Returning 0 would make the event fail. */
static int on_event(PGEventId event, void *info, void *baton)
{
    mt_prepared_t *prepared;

    (void)baton;
    if (event == PGEVT_CONNDESTROY) {
        prepared = PQinstanceData(((PGEventConnDestroy *)info)->conn, on_event);
        if (prepared && prepared->opened)
            prepared->opened(-1);
        free(prepared);
    }
    return 1;
}

mt_prepared_t *mt_prepared_get(PGconn *pg)
{
    mt_prepared_t *prepared = PQinstanceData(pg, on_event);

    if (prepared)
        return prepared;
    /* libpq uses the name only in its messages. The call fails, harmlessly, if calloc failed after an earlier one. */
    PQregisterEventProc(pg, on_event, "minitwit", NULL);
    prepared = calloc(1, sizeof(*prepared));
    if (prepared && !PQsetInstanceData(pg, on_event, prepared)) {
        free(prepared);
        return NULL;
    }
    return prepared;
}

void mt_prepared_observe(PGconn *pg, void (*opened)(int change))
{
    mt_prepared_t *prepared = mt_prepared_get(pg);

    if (prepared && opened && !prepared->opened) {
        prepared->opened = opened;
        opened(1);
    }
}

void mt_prepared_forget(mt_prepared_t *prepared)
{
    prepared->generation++;
    memset(prepared->known, 0, sizeof(prepared->known));
    prepared->statement_timeout = 0;
}

const char *mt_prepared_name(const mt_prepared_t *prepared, mt_statement_id_t id, char name[MT_PREPARED_NAME_SIZE])
{
    snprintf(name, MT_PREPARED_NAME_SIZE, "minitwit_%s_%u", mt_statement_label(id), prepared->generation);
    return name;
}
