/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONFIG_H
#define MT_CONFIG_H

#include "core/password.h"
#include "http/handler.h"

#include <httpd.h>

#include <http_config.h>

#define MT_CONFIG_CACHE_ID_SIZE 16

struct mt_pool_t;
struct mt_site_t;

/* Where a SetHandler stands. */
typedef struct mt_section_t {
    const char *path; /* of the <Location> around it, as httpd decodes it, without a slash at its end: "" for "/" */
    const mt_handler_t *handler; /* NULL: not one of ours */
} mt_section_t;

/* What the directives of one virtual host say (see docs/directives.md), merged and with defaults filled in. Written
 * while the configuration is read, only read afterwards. Sizes are bytes, times microseconds, unless a name says
 * otherwise. */
typedef struct mt_config_t {
    const char *templates;            /* folder */
    const char *api_credentials;      /* "user:password"; NULL: every API request that needs them is refused */
    const char *api_credentials_file; /* where they stand */
    apr_int64_t session_lifetime;
    apr_int64_t database_timeout; /* the longest that a statement may take */
    apr_int64_t pool_timeout;     /* the longest to wait for a connection of the pool */
    apr_int64_t slow_request;     /* a request that takes so long is logged */
    apr_int64_t body_max;
    apr_int64_t message_max; /* characters */
    apr_int64_t api_rows_max;
    int proxy_tls; /* 1: a proxy in front ends TLS, so cookies are secure on plain connections too */
    int gravatar;
    apr_int64_t password_memory; /* MiB */
    apr_int64_t password_passes;
    mt_password_cost_t password_cost; /* made from both */
    apr_int64_t hash_max;             /* hashes at once; whole server */
    apr_int64_t hash_queue;           /* requests that wait for one; whole server */
    apr_int64_t hash_wait;            /* how long they do; whole server */
    apr_int64_t login_limit;          /* wrong passwords before logins are slowed down; 0: never */
    apr_int64_t login_delay;          /* how long one then takes to be forgotten */
    /* mod_dbd's own directives, noted because it has no way to ask for them */
    const char *dbd_driver;
    const char *dbd_params;
    apr_int64_t dbd_min, dbd_keep, dbd_max;
    apr_array_header_t *sections; /* of mt_section_t: every SetHandler whose path is fixed */
    const char *mounted_at;       /* "file:line" of the last SetHandler that mounts one of our handlers; NULL: none */
    int api_mounted, site_mounted, metrics_mounted;
    int cache;                  /* 1: rendered answers are kept for a moment (http/cache.h) */
    apr_int64_t cache_lifetime; /* for how long */
    apr_int64_t cache_size;     /* MiB; whole server */
    /* of answers made by this configuration, and by no other before or beside it */
    unsigned char cache_id[MT_CONFIG_CACHE_ID_SIZE];
    apr_int64_t metrics_interval; /* between two readings of what the database holds; whole server */
    struct mt_pool_t *pool;       /* access to mod_dbd's pool (http/database.h); made in each child */
    struct mt_site_t *site;       /* compiled templates and static files (web/site.h); NULL: no site mounted */
} mt_config_t;

const mt_config_t *mt_config_get(const server_rec *server);

/* 1 when any host mounts a handler of ours. */
int mt_config_is_mounted(const server_rec *first);

/* For mt_database_child_init. */
void mt_config_set_pool(server_rec *server, struct mt_pool_t *pool);

/* Gives each configuration its cache_id. Returns 1 when any host wants a cache. */
int mt_config_enter_generation(server_rec *first);

/* Notes that a SetHandler of a host stands in a section. */
void mt_config_note_section(cmd_parms *cmd, const mt_section_t *section);

#endif
