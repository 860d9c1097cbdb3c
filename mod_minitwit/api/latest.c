/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "api/answer.h"
#include "api/api.h"
#include "http/database.h"
#include "store/simulator.h"

#include <apr_strings.h>

int mt_api_latest_show(mt_request_t *request)
{
    mt_connection_t *connection;
    apr_int64_t latest;

    int status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    if (mt_simulator_latest(connection, &latest) != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_buffer_append_text(mt_api_answer_json(request),
                          apr_psprintf(request->pool, "{\"latest\":%" APR_INT64_T_FMT "}\n", latest));
    return OK;
}
