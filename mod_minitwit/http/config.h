/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONFIG_H
#define MT_CONFIG_H

#include "core/password.h"
#include "http/handler.h"

#include <httpd.h>

#include <http_config.h>

#define MT_CONFIG_CACHE_ID_SIZE 16

struct mt_contract_t;
struct mt_dbhealth_t;
struct mt_pool_t;
struct mt_site_t;

/* A section with a SetHandler. */
typedef struct mt_section_t {
    const char *path;            /* of the <Location>, decoded, without a slash at its end: "" for "/" */
    const char *url;             /* the same, percent-encoded */
    const mt_handler_t *handler; /* NULL: another module's handler */
} mt_section_t;

/* The settings of one virtual host (docs/directives.md), merged and with their defaults. They do not change after the
 * configuration is read. Sizes are in bytes and times in microseconds, unless the comment states another unit. */
typedef struct mt_config_t {
    const char *templates;            /* folder */
    const char *site_url;             /* "https://HOST", without a slash at its end and without a path; NULL: unknown */
    const char *api_credentials;      /* "user:password"; NULL: requests that need them fail */
    const char *api_credentials_file; /* the file that contains them */
    apr_int64_t session_lifetime;
    apr_int64_t database_timeout; /* limit for a statement */
    apr_int64_t pool_timeout;     /* limit for the wait for a connection of the pool; -1: by handler */
    apr_int64_t slow_request;     /* log a request that takes this long */
    apr_int64_t body_max;
    apr_int64_t message_max; /* characters */
    apr_int64_t api_rows_max;
    apr_int64_t api_size_max; /* MiB */
    int api_dates_are_text;   /* 1: pub_date is "YYYY-MM-DD HH:MM:SS"; 0: it is seconds since 1970 */
    int proxy_tls;            /* 1: a proxy in front terminates TLS, so cookies are secure on plain connections too */
    int gravatar;
    int indexing;                /* 1: search engines may index the public pages; site_url is then set */
    apr_int64_t password_memory; /* MiB */
    apr_int64_t password_passes;
    mt_password_cost_t password_cost; /* made from the memory and the passes */
    apr_int64_t hash_max;             /* concurrent hashes; whole server */
    apr_int64_t hash_queue;           /* requests that may wait to hash; -1: as http/hashing.h says; whole server */
    apr_int64_t hash_wait;            /* how long they may wait; whole server */
    apr_int64_t login_limit;          /* wrong passwords before logins are throttled; 0: never */
    apr_int64_t login_delay;          /* how long until one wrong password is forgotten */
    int search;                       /* 1: the site has a search */
    apr_int64_t search_limit;         /* searches a minute from one address; 0: no limit */
    /* mod_dbd's own directives, for the pools of http/gate.h. */
    const char *dbd_driver;
    const char *dbd_params;
    apr_int64_t dbd_min, dbd_keep, dbd_max;
    apr_int64_t dbd_exptime;      /* seconds */
    apr_table_t *places;          /* name of a directive or a mounted handler -> "FILE:LINE" */
    apr_array_header_t *doubts;   /* of const char *: warnings about values of this host, not of the outer server */
    apr_array_header_t *sections; /* of mt_section_t: each SetHandler with a fixed path */
    const char *mounted_at;       /* "file:line" of the last SetHandler with a handler of this module; NULL: none */
    int api_mounted, site_mounted, metrics_mounted;
    int cache;                  /* 1: keep rendered answers for a short time (http/cache.h) */
    apr_int64_t cache_lifetime; /* how long they are kept */
    apr_int64_t cache_size;     /* MiB; whole server */
    /* Part of each key in the cache, so that an answer is found only by the configuration that made it. */
    unsigned char cache_id[MT_CONFIG_CACHE_ID_SIZE];
    apr_int64_t metrics_interval;   /* between two readings of the database's metrics; whole server */
    struct mt_pool_t *pool;         /* of database connections (http/database.h); made in each child */
    struct mt_dbhealth_t *health;   /* state of the database (http/dbhealth.h); in shared memory */
    struct mt_site_t *site;         /* compiled templates and static files (web/site.h); NULL: no site mounted */
    struct mt_contract_t *contract; /* description of the API (api/contract.h); NULL: no API mounted */
} mt_config_t;

const mt_config_t *mt_config_get(const server_rec *server);

/* 1 if any host mounts a handler of this module. first: the main server, with the other hosts behind it. */
int mt_config_is_mounted(const server_rec *first);

/* Only mt_database_child_init calls this. */
void mt_config_set_pool(server_rec *server, struct mt_pool_t *pool);

/* Only mt_dbhealth_post_config calls this. */
void mt_config_set_dbhealth(server_rec *server, struct mt_dbhealth_t *health);

/* Gives each configuration a new random cache_id. Returns 1 if any host that mounts a handler uses the cache. */
int mt_config_enter_generation(server_rec *first);

/* The directive's "FILE:LINE", in cmd->pool. */
const char *mt_config_place(const cmd_parms *cmd);

/* Records a section with a SetHandler for the host that cmd belongs to. */
void mt_config_note_section(cmd_parms *cmd, const mt_section_t *section);

#endif
