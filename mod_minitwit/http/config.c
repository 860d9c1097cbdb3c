/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/config.h"

#include <apr_strings.h>
#include <http_log.h>
#include <sodium.h>

APLOG_USE_MODULE(minitwit);

static mt_config_t *get(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &minitwit_module);
}

const mt_config_t *mt_config_get(const server_rec *server)
{
    return get(server);
}

int mt_config_is_mounted(const server_rec *first)
{
    for (const server_rec *server = first; server; server = server->next) {
        if (mt_config_get(server)->mounted_at)
            return 1;
    }
    return 0;
}

void mt_config_set_pool(server_rec *server, struct mt_pool_t *pool)
{
    get(server)->pool = pool;
}

void mt_config_set_dbhealth(server_rec *server, struct mt_dbhealth_t *health)
{
    get(server)->health = health;
}

int mt_config_enter_generation(server_rec *first)
{
    int is_wanted = 0;

    for (server_rec *server = first; server; server = server->next) {
        mt_config_t *config = get(server);
        randombytes_buf(config->cache_id, sizeof(config->cache_id));
        is_wanted |= config->mounted_at && config->cache;
    }
    return is_wanted;
}

const char *mt_config_place(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
}

void mt_config_note_section(cmd_parms *cmd, const mt_section_t *section)
{
    mt_config_t *config = get(cmd->server);
    const mt_handler_t *handler = section->handler;

    *(mt_section_t *)apr_array_push(config->sections) = *section;
    if (!handler)
        return;
    config->mounted_at = mt_config_place(cmd);
    apr_table_setn(config->places, handler->name, config->mounted_at);
    config->site_mounted |= handler->needs_site;
    config->api_mounted |= handler->needs_credentials;
    config->metrics_mounted |= handler->needs_watch;
}
