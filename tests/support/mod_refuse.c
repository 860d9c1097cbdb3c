/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors
 *
 * An input filter, REFUSE, that answers a request itself when the handler reads its body, like filters that inspect
 * bodies. */
#include <httpd.h>

#include <http_config.h>
#include <http_protocol.h>
#include <util_filter.h>

static apr_status_t refuse(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                           apr_read_type_e block, apr_off_t bytes)
{
    request_rec *r = filter->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *answer = apr_brigade_create(r->pool, alloc);

    (void)brigade, (void)mode, (void)block, (void)bytes;
    APR_BRIGADE_INSERT_TAIL(answer, ap_bucket_error_create(HTTP_FORBIDDEN, NULL, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(answer, apr_bucket_eos_create(alloc));
    ap_pass_brigade(r->output_filters, answer);
    return AP_FILTER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_register_input_filter("REFUSE", refuse, NULL, AP_FTYPE_RESOURCE);
}

AP_DECLARE_MODULE(refuse) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE,
#endif
};
