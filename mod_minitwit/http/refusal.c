/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/refusal.h"

#include "core/origin.h"
#include "http/log.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(minitwit);

/* The longest value of a client in a message, in bytes before it is escaped. A host name has at most 253. */
#define SHOWN_MAX 253

#define ANOTHER_SITE "Otherwise a page of another site sent it, and there is nothing to do"

/* Returns the value in double quotes, or "none". Only visible ASCII stays as it is, so that the value cannot end the
 * quotes. httpd escapes control characters as well, but as C does. */
static const char *show(apr_pool_t *pool, const char *value, apr_size_t len)
{
    char *text, *end;

    if (!value)
        return "none";
    text = end = apr_palloc(pool, 3 * SHOWN_MAX + sizeof("\"...\""));
    *end++ = '"';
    for (apr_size_t i = 0; i < len && i < SHOWN_MAX; i++) {
        if (apr_isgraph(value[i]) && !strchr("\"%\\", value[i]))
            *end++ = value[i];
        else
            end += apr_snprintf(end, 4, "%%%02X", (unsigned)(unsigned char)value[i]);
    }
    apr_cpystrn(end, len > SHOWN_MAX ? "...\"" : "\"", sizeof("...\""));
    return text;
}

static const char *show_text(apr_pool_t *pool, const char *text)
{
    return show(pool, text, text ? strlen(text) : 0);
}

/* Shows the scheme, the host and the port of a URL. */
static const char *show_site(apr_pool_t *pool, const char *url)
{
    const char *mark = url ? strstr(url, "://") : NULL;
    apr_size_t scheme = mark ? (apr_size_t)(mark - url) + 3 : 0;

    return url ? show(pool, url, scheme + strcspn(url + scheme, "/?#")) : "none";
}

static const char *get_header(const mt_request_t *request, const char *name)
{
    return apr_table_get(request->r->headers_in, name);
}

/* Returns the name of the header that differs from Host, or NULL if the request was refused for another reason. */
static const char *find_difference(const mt_request_t *request)
{
    const char *site = get_header(request, "Sec-Fetch-Site");
    const mt_origin_t by_origin = { .host = get_header(request, "Host"), .origin = get_header(request, "Origin") };
    const mt_origin_t by_referer = { .host = by_origin.host,
                                     .sec_fetch_site = site,
                                     .referer = get_header(request, "Referer") };

    if (site && (strcasecmp(site, "cross-site") == 0 || strcasecmp(site, "same-site") == 0))
        return NULL;
    if (by_origin.origin)
        return mt_origin_is_trusted(&by_origin) ? NULL : "Origin";
    return mt_origin_is_trusted(&by_referer) ? NULL : "Referer";
}

void mt_refusal_log_origin(mt_request_t *request)
{
    apr_pool_t *pool = request->pool;
    const char *different = find_difference(request);

    if (!different) {
        mt_log_request(APLOG_MARK, APLOG_INFO, 0, request->r, "refused a request that a page of another site sent",
                       "refused a request that a page of another site sent, or that is for a part of a page, as its "
                       "headers Sec-Fetch-Site and Sec-Fetch-Dest show");
        return;
    }
    const char *value = get_header(request, different);
    if (strcasecmp(value, "null") == 0)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "refused a request with the Origin \"null\"",
                       "refused a request with the Origin \"null\": if a page of your own site sent it, remove the "
                       "directive or the proxy's setting that adds \"Referrer-Policy: no-referrer\" or the sandbox of "
                       "a Content-Security-Policy. " ANOTHER_SITE);
    else
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r,
                       apr_pstrcat(pool, "refused a request whose ", different, " is not its Host", NULL),
                       "refused a request whose %s is not its Host: %s %s, Host %s. If a page of your own site sent "
                       "it, a proxy in front of httpd changes Host: let the proxy pass it on with its port, as the "
                       "browser sends it (mod_proxy: \"ProxyPreserveHost On\"; nginx: \"proxy_set_header Host "
                       "$http_host\"). " ANOTHER_SITE,
                       different, different, show_site(pool, value), show_text(pool, get_header(request, "Host")));
}

void mt_refusal_log_credentials(mt_request_t *request)
{
    const char *authorization = get_header(request, "Authorization");
    const char *file = request->config->api_credentials_file;

    if (!authorization)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "the API refused a request without credentials",
                       "the API refused a request without credentials: if your own client sent it, the client must "
                       "send those in \"%s\" as Basic authorization. If it does, a proxy in front of httpd removes the "
                       "header Authorization: let it pass the header on",
                       file);
    else
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "the API refused a request with wrong credentials",
                       "the API refused a request with wrong credentials%s: if your own client sent it, compare the "
                       "client's user and password with the first line of \"%s\" (user:password). httpd reads this "
                       "file only when it starts and at a reload: after a change, run \"apachectl graceful\"",
                       strncasecmp(authorization, "Basic ", sizeof("Basic ") - 1) == 0
                           ? ""
                           : " (its header Authorization is not of the type Basic)",
                       file);
}

void mt_refusal_log_cookie(mt_request_t *request)
{
    const char *page = get_header(request, "Origin");
    int is_secure = mt_request_is_secure(request);

    if (!page)
        page = get_header(request, "Referer");
    if (!page)
        return;
    if (request->config->proxy_tls && strncasecmp(page, "http://", sizeof("http://") - 1) == 0)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "a login over plain HTTP, with MinitwitProxyTLS On",
                       "a login over plain HTTP, with MinitwitProxyTLS On: a user logged in at %s, but browsers send "
                       "the session's cookie only over https, so the next page shows no user. Let the proxy redirect "
                       "http to https, or set \"MinitwitProxyTLS Off\" if no proxy terminates TLS",
                       show_site(request->pool, page));
    else if (!is_secure && strncasecmp(page, "https://", sizeof("https://") - 1) == 0)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "a login over https, with MinitwitProxyTLS Off",
                       "a login over https, with MinitwitProxyTLS Off: a user logged in at %s, but httpd got the "
                       "request over plain HTTP, so browsers also send the session's cookie unencrypted. If a proxy "
                       "in front of httpd terminates TLS, set \"MinitwitProxyTLS On\"",
                       show_site(request->pool, page));
}

const char *mt_refusal_describe_proxy(mt_request_t *request)
{
    static const char *const names[] = { "X-Forwarded-For", "X-Real-IP", "Forwarded" };
    const request_rec *r = request->r;

    /* mod_remoteip has replaced the address. */
    if (strcmp(r->useragent_ip, r->connection->client_ip) != 0)
        return "";
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = get_header(request, names[i]);
        if (value)
            return apr_psprintf(request->pool,
                                ". The request has the header %s: %s. So %s is probably a proxy, and counts as one "
                                "client: set \"RemoteIPHeader %s\" and \"RemoteIPInternalProxy %s\"",
                                names[i], show_text(request->pool, value), r->useragent_ip, i < 2 ? names[i] : names[0],
                                r->useragent_ip);
    }
    return "";
}
