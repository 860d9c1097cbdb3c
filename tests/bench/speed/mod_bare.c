/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors
 *
 * The limit of a handler in httpd: answers each path that has a BareAnswer with the same bytes from memory, and does
 * nothing else. tests/bench/run builds it. */
/* First, because the other headers need it. */
#include <httpd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

module AP_MODULE_DECLARE_DATA bare_module;

typedef struct bare_t {
    const char *data; /* NULL: this path has no BareAnswer */
    apr_size_t len;
    const char *type;
    apr_array_header_t *headers; /* names and values in turn */
} bare_t;

static void *create(apr_pool_t *pool, char *where)
{
    bare_t *bare = apr_pcalloc(pool, sizeof(*bare));
    (void)where;
    bare->headers = apr_array_make(pool, 8, sizeof(const char *));
    return bare;
}

static const char *set_answer(cmd_parms *cmd, void *config, const char *name, const char *type)
{
    bare_t *bare = config;
    apr_file_t *file;
    apr_finfo_t info;

    if (apr_file_open(&file, name, APR_READ | APR_BINARY, APR_OS_DEFAULT, cmd->temp_pool) != APR_SUCCESS ||
        apr_file_info_get(&info, APR_FINFO_SIZE, file) != APR_SUCCESS)
        return apr_psprintf(cmd->pool, "could not read %s", name);
    bare->len = (apr_size_t)info.size;
    char *data = apr_palloc(cmd->pool, bare->len + 1);
    if (apr_file_read_full(file, data, bare->len, NULL) != APR_SUCCESS)
        return apr_psprintf(cmd->pool, "could not read %s", name);
    apr_file_close(file);
    bare->data = data;
    bare->type = type;
    return NULL;
}

static const char *add_header(cmd_parms *cmd, void *config, const char *name, const char *value)
{
    bare_t *bare = config;
    (void)cmd;
    APR_ARRAY_PUSH(bare->headers, const char *) = name;
    APR_ARRAY_PUSH(bare->headers, const char *) = value;
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_TAKE2("BareAnswer", set_answer, NULL, ACCESS_CONF, "a file with the body, and its content type"),
    AP_INIT_TAKE2("BareHeader", add_header, NULL, ACCESS_CONF, "a header of the answer: name and value"),
    { NULL },
};

/* httpd resets the per-directory configuration in the next step, so this keeps it with the request. */
static int translate_name(request_rec *r)
{
    bare_t *bare = ap_get_module_config(r->per_dir_config, &bare_module);

    if (!bare->data)
        return DECLINED;
    ap_set_module_config(r->request_config, &bare_module, bare);
    return OK;
}

/* As in mod_minitwit: httpd looks for no file. */
static int claim(request_rec *r)
{
    return ap_get_module_config(r->request_config, &bare_module) ? OK : DECLINED;
}

static int handle(request_rec *r)
{
    const bare_t *bare = ap_get_module_config(r->request_config, &bare_module);

    if (!bare)
        return DECLINED;
    ap_set_content_type(r, bare->type);
    ap_set_content_length(r, (apr_off_t)bare->len);
    for (int i = 0; i < bare->headers->nelts; i += 2)
        apr_table_setn(r->headers_out, APR_ARRAY_IDX(bare->headers, i, const char *),
                       APR_ARRAY_IDX(bare->headers, i + 1, const char *));
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, alloc);
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_immortal_create(bare->data, bare->len, alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(alloc));
    ap_pass_brigade(r->output_filters, brigade);
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_translate_name(translate_name, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(claim, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_type_checker(claim, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(bare) = {
    STANDARD20_MODULE_STUFF, create, NULL, NULL, NULL, commands, register_hooks,
};
