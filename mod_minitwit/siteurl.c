/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "siteurl.h"

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <http_log.h>
#include <stdlib.h>
#include <string.h>

APLOG_USE_MODULE(minitwit);

#define HOST_MAX  253 /* characters of a name in the DNS */
#define LABEL_MAX 63  /* characters between two dots */
#define PORT_MAX  65535

/* Returns 1 for a name in the DNS, which may be in Punycode, and for an IPv4 address. */
static int is_name(const char *host)
{
    if (strlen(host) > HOST_MAX)
        return 0;
    for (const char *label = host;; label++) {
        apr_size_t len = strcspn(label, ".");
        if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
            return 0;
        for (apr_size_t i = 0; i < len; i++) {
            if (!apr_isascii(label[i]) || (!apr_isalnum(label[i]) && label[i] != '-' && label[i] != '_'))
                return 0;
        }
        label += len;
        if (*label == '\0')
            return 1;
    }
}

static int is_ipv6(apr_pool_t *pool, const char *host)
{
    apr_ipsubnet_t *address;

    return strchr(host, ':') && apr_ipsubnet_create(&address, host, NULL, pool) == APR_SUCCESS;
}

static long get_port(const apr_uri_t *uri)
{
    return strtol(uri->port_str, NULL, 10);
}

/* Returns NULL, or the fault of the value. */
static const char *find_fault(apr_pool_t *pool, const apr_uri_t *uri)
{
    if (!uri->scheme || (strcasecmp(uri->scheme, "http") != 0 && strcasecmp(uri->scheme, "https") != 0))
        return "it must begin with http:// or https://";
    if (uri->user || uri->password)
        return "it must not contain a user or a password";
    if (!uri->hostname || !*uri->hostname)
        return "it has no host";
    if (!is_name(uri->hostname) && !is_ipv6(pool, uri->hostname))
        return "its host is not a valid name or address; write an internationalized name in Punycode (xn--...)";
    if (uri->port_str && (!*uri->port_str || uri->port_str[strspn(uri->port_str, "0123456789")] != '\0' ||
                          strlen(uri->port_str) > 5 || get_port(uri) < 1 || get_port(uri) > PORT_MAX))
        return "its port is not a number from 1 to 65535";
    if (uri->query || uri->fragment)
        return "it must not contain a query or a fragment";
    if (uri->path && strcmp(uri->path, "/") != 0)
        return "it must not contain a path, because the path of the <Location> follows it in each URL";
    return NULL;
}

const char *mt_siteurl_parse(apr_pool_t *pool, const char *text, const char **url)
{
    apr_uri_t uri;
    const char *fault = apr_uri_parse(pool, text, &uri) == APR_SUCCESS ? find_fault(pool, &uri) : "it is not a URL";

    if (fault)
        return fault;
    int is_default = !uri.port_str || get_port(&uri) == apr_uri_port_of_scheme(uri.scheme);
    int is_address = strchr(uri.hostname, ':') != NULL;
    char *made = apr_pstrcat(pool, uri.scheme, "://", is_address ? "[" : "", uri.hostname, is_address ? "]" : "",
                             is_default ? "" : ":", is_default ? "" : apr_ltoa(pool, get_port(&uri)), NULL);
    ap_str_tolower(made);
    *url = made;
    return NULL;
}

void mt_siteurl_report(const server_rec *first)
{
    for (const server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);

        /* A host without directives of this module shares the main server's configuration. */
        if (server != first && config == mt_config_get(first))
            continue;
        if (config->site_mounted && !config->site_url)
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                         "MinitwitSiteURL is not set, so pages have no canonical URL and no og:url, and there is no "
                         "sitemap: set it to the address of the site, such as https://minitwit.example (MiniTwit is "
                         "mounted at %s)",
                         config->mounted_at);
    }
}
