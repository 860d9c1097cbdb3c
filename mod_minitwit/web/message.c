/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/validate.h"
#include "http/cache.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/session.h"
#include "store/messages.h"
#include "web/page.h"
#include "web/web.h"

int mt_web_message_add(mt_request_t *request)
{
    mt_connection_t *connection;
    mt_user_t *visitor;
    mt_form_t *form;
    const char *text;
    const char *problem;
    int status = mt_web_page_require_visitor(request, &visitor);

    if (status != OK)
        return status;
    mt_database_close(request);
    status = mt_request_form(request, &form);
    if (status != OK)
        return status;
    text = mt_form_get(form, "text");
    if (!text)
        return mt_request_fail(request, HTTP_BAD_REQUEST, "The form is incomplete: its field \"text\" is missing.");
    if (*text == '\0')
        return mt_request_redirect(request, "/");
    problem = mt_validate_message(request->pool, text, (apr_size_t)request->config->message_max);
    if (problem)
        return mt_request_fail(request, HTTP_BAD_REQUEST, problem);

    status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t rv = mt_messages_add(connection, visitor->id, text);
    mt_cache_forget(request->pool, visitor->username);
    if (rv != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_counters_increment(MT_METRIC_MESSAGES_POSTED, 0);
    mt_session_flash(request, MT_FLASH_RECORDED, NULL);
    return mt_request_redirect(request, "/");
}
