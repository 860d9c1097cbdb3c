/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/mount.h"

#include "core/url.h"
#include "http/request.h"
#include "http/router.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

APLOG_USE_MODULE(minitwit);

void *mt_mount_create(apr_pool_t *pool, char *section)
{
    (void)section;
    return apr_pcalloc(pool, sizeof(mt_mount_t));
}

void *mt_mount_merge(apr_pool_t *pool, void *outer, void *inner)
{
    (void)pool;
    return ((mt_mount_t *)inner)->is_set ? inner : outer;
}

static const char *encode(apr_pool_t *pool, const char *path)
{
    const char *encoded = "";

    while (*path == '/') {
        apr_size_t len = strcspn(++path, "/");
        encoded = apr_pstrcat(pool, encoded, "/", mt_url_encode(pool, apr_pstrmemdup(pool, path, len)), NULL);
        path += len;
    }
    return encoded;
}

/* Returns 1 if a name or an expression looks like a handler of this module. */
static int is_own_name(const char *handler)
{
    return strncasecmp(handler, "minitwit", 8) == 0 ||
           (strncasecmp(handler, "expr=", 5) == 0 && ap_strcasestr(handler, "minitwit-"));
}

/* Returns NULL, or the error message for a name that no handler of this module has. */
static const char *check_name(cmd_parms *cmd, const char *handler)
{
    if (!is_own_name(handler) || mt_router_handler(handler))
        return NULL;
    if (strncasecmp(handler, "expr=", 5) == 0)
        return apr_psprintf(cmd->pool,
                            "%s %s: MiniTwit cannot be mounted by an expression: use <If> around SetHandler, with the "
                            "name of a handler: %s",
                            cmd->cmd->name, handler, mt_router_list(cmd->pool));
    return apr_psprintf(cmd->pool, "%s %s: there is no such handler: MiniTwit's handlers are %s", cmd->cmd->name,
                        handler, mt_router_list(cmd->pool));
}

/* The path of a <Location> without the slashes at its end: "" for "/". */
static char *path_of(apr_pool_t *pool, const ap_directive_t *section)
{
    const char *args = section->args;
    char *path = ap_getword_conf(pool, &args);
    apr_size_t len = strlen(path);

    if (len > 1 && path[len - 1] == '>')
        path[--len] = '\0';
    while (len > 0 && path[len - 1] == '/')
        path[--len] = '\0';
    return path;
}

/* Returns the name that an earlier SetHandler among the directives from first to end sets, if it is another one and one
 * of the two belongs to this module. *place: its "FILE:LINE". Otherwise NULL. */
static const char *find_other(cmd_parms *cmd, const ap_directive_t *first, const ap_directive_t *end,
                              const char *handler, const char **place)
{
    for (const ap_directive_t *other = first; other && other != end; other = other->next) {
        const char *args = other->args;
        if (strcasecmp(other->directive, "SetHandler") != 0)
            continue;
        const char *name = ap_getword_conf(cmd->pool, &args);
        if (strcmp(name, handler) != 0 && (is_own_name(name) || is_own_name(handler))) {
            *place = apr_psprintf(cmd->pool, "%s:%d", other->filename, other->line_num);
            return name;
        }
    }
    return NULL;
}

/* Returns NULL, or the error message if an earlier SetHandler is in the same section, or names another handler of this
 * module in an earlier <Location> of the same path. httpd would silently use only the last one. */
static const char *check_alone(cmd_parms *cmd, const char *handler)
{
    const ap_directive_t *own = cmd->directive->parent;
    const ap_directive_t *first = own ? own->first_child : ap_conftree;
    const char *place = NULL;
    const char *other = find_other(cmd, first, cmd->directive, handler, &place);

    if (!other && own && is_own_name(handler) && strcasecmp(own->directive, "<Location") == 0) {
        first = own->parent ? own->parent->first_child : ap_conftree;
        for (const ap_directive_t *section = first; !other && section && section != own; section = section->next) {
            if (strcasecmp(section->directive, "<Location") == 0 &&
                strcmp(path_of(cmd->pool, section), path_of(cmd->pool, own)) == 0)
                other = find_other(cmd, section->first_child, NULL, handler, &place);
            if (other && !is_own_name(other))
                other = NULL;
        }
    }
    if (!other)
        return NULL;
    return apr_psprintf(cmd->pool,
                        "SetHandler %s: %s sets the handler %s for the same path, and httpd uses only one: remove "
                        "one of the two, or give each handler a <Location> with a path of its own",
                        handler, place, other);
}

/* Finds the path of the <Location> that contains a directive, "" if there is none. Returns NULL, or the error message.
 */
static const char *find_location(cmd_parms *cmd, const char *handler, const char **path)
{
    *path = "";
    for (const ap_directive_t *section = cmd->directive->parent; section; section = section->parent) {
        const char *name = section->directive;
        if (strcasecmp(name, "<VirtualHost") == 0)
            return NULL;
        if (strcasecmp(name, "<If") == 0 || strcasecmp(name, "<ElseIf") == 0 || strcasecmp(name, "<Else") == 0)
            continue;
        if (strcasecmp(name, "<Location") != 0)
            return apr_psprintf(
                cmd->pool,
                "SetHandler %s: MiniTwit can only be mounted in a <Location>, not in %s>: use <Location /path>",
                handler, name);

        const char *args = section->args;
        const char *location = ap_getword_conf(cmd->pool, &args);
        if (location[0] != '/' || strpbrk(location, "*?["))
            return apr_psprintf(cmd->pool,
                                "SetHandler %s: MiniTwit can only be mounted at a fixed path, not at \"%s\": use "
                                "<Location /path> without wildcards or regular expressions",
                                handler, location);
        *path = path_of(cmd->pool, section);
        return NULL;
    }
    return NULL;
}

const char *mt_mount_set_handler(cmd_parms *cmd, void *mount, const char *handler)
{
    mt_mount_t *m = mount;
    m->is_set = 1;
    m->handler = mt_router_handler(handler);
    const char *problem = check_name(cmd, handler);
    if (problem)
        return problem;
    const char *place = ap_check_cmd_context(cmd, NOT_IN_HTACCESS);
    if (place && m->handler)
        return apr_psprintf(
            cmd->pool,
            "SetHandler %s: MiniTwit can only be mounted in httpd's configuration, not in a .htaccess file: "
            "use <Location /path>",
            handler);
    if (place)
        return NULL;

    problem = check_alone(cmd, handler);
    if (problem)
        return problem;
    problem = find_location(cmd, handler, &m->path);
    if (!problem) {
        m->url = encode(cmd->pool, m->path);
        const mt_section_t section = { .path = m->path, .url = m->url, .handler = m->handler };
        mt_config_note_section(cmd, &section);
    }
    /* Other modules' handlers may be in any section. */
    return m->handler ? problem : NULL;
}

const char *mt_mount_add_handler(cmd_parms *cmd, void *mount, const char *handler, const char *extension)
{
    (void)mount;
    (void)extension;
    /* httpd accepts the directive because it is in this module's table. */
    if (!ap_find_linked_module("mod_mime.c"))
        return "AddHandler needs mod_mime, which is not loaded: add a LoadModule line (Debian: a2enmod mime)";
    if (!is_own_name(handler))
        return NULL;
    return apr_psprintf(
        cmd->pool,
        "AddHandler %s: MiniTwit serves paths, not files with an extension: use SetHandler in a <Location>, "
        "with one of the handlers %s",
        handler, mt_router_list(cmd->pool));
}

/* Looks the mount up again, because an <If> may set another handler. Its condition may depend on data that httpd did
 * not have in mt_mount_translate. */
const mt_mount_t *mt_mount_get(const request_rec *r)
{
    const mt_mount_t *mount = ap_get_module_config(r->per_dir_config, &minitwit_module);
    return mt_request_get(r) && mount && mount->handler && r->uri[0] == '/' ? mount : NULL;
}

/* Finds the mount of the current path. httpd has applied the <Location> and <If> sections of the path that the client
 * sent. mod_rewrite may have changed the path since, and httpd applies the sections of the new path only after the
 * translate_name hook. */
static const mt_mount_t *find_mount(request_rec *r)
{
    ap_conf_vector_t *found = r->per_dir_config;
    const mt_mount_t *mount = NULL;

    r->per_dir_config = r->server->lookup_defaults;
    if (ap_location_walk(r) == OK && ap_if_walk(r) == OK)
        mount = ap_get_module_config(r->per_dir_config, &minitwit_module);
    r->per_dir_config = found;
    return mount;
}

int mt_mount_translate(request_rec *r)
{
    if (!mt_config_get(r->server)->mounted_at || r->uri[0] != '/')
        return DECLINED;
    const mt_mount_t *mount = find_mount(r);
    if (!mount || !mount->handler)
        return DECLINED;
    /* Store the mount now, because httpd resets the per-directory configuration in map_to_storage. */
    mt_request_begin(r, mount->handler, mount->url);
    r->filename = apr_pstrcat(r->pool, "minitwit:", r->uri, NULL);
    return OK;
}

int mt_mount_map_to_storage(request_rec *r)
{
    return mt_request_get(r) ? OK : DECLINED;
}

int mt_mount_type(request_rec *r)
{
    return mt_mount_get(r) ? OK : DECLINED;
}
