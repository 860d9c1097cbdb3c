/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/requestid.h"

#include "core/identifier.h"

#include <stdatomic.h>

static const char header[] = "X-Request-Id";

/* Empty until child_init. Stays empty in an httpd that mounts no handler. */
static char prefix[MT_IDENTIFIER_PREFIX_SIZE];
static atomic_uint_fast64_t count;

void mt_requestid_child_init(void)
{
    mt_identifier_make_prefix(prefix);
}

static const char *get_sent(const request_rec *r)
{
    const char *sent = apr_table_get(r->headers_in, header);
    return mt_identifier_is_valid(sent) ? sent : NULL;
}

static const char *make(apr_pool_t *pool)
{
    char *id = apr_palloc(pool, MT_IDENTIFIER_SIZE);
    mt_identifier_format(id, prefix, atomic_fetch_add(&count, 1));
    return id;
}

void mt_requestid_assign(request_rec *r)
{
    const request_rec *origin = r->main ? r->main : r->prev;
    const char *id = origin && origin->log_id ? origin->log_id : get_sent(r);

    if (id)
        r->log_id = id;
    else if (!r->log_id)
        r->log_id = make(r->pool);
    /* In err_headers_out, so that answers of httpd itself also have it, such as 403 for "Require". */
    apr_table_setn(r->err_headers_out, header, r->log_id);
}

int mt_requestid_generate(const conn_rec *c, const request_rec *r, const char **id)
{
    (void)c;
    const char *sent = r && prefix[0] ? get_sent(r) : NULL;
    if (!sent)
        return DECLINED;
    *id = sent;
    return OK;
}
