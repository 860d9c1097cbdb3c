/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/origin.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The parts of "host:port". */
typedef struct authority_t {
    const char *host;
    size_t host_len;
    int port;         /* 0: not given */
    int default_port; /* 1: the scheme's default port */
} authority_t;

static int is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Returns the length of the host name, IPv4 address or bracketed IPv6 address at the start of text, or 0. */
static size_t host_length(const char *text)
{
    static const char name_extra[] = "-._~";
    static const char address_characters[] = "0123456789abcdefABCDEF:.";
    size_t len = 0;

    if (text[0] == '[') {
        len = strspn(text + 1, address_characters);
        return len > 0 && text[1 + len] == ']' ? len + 2 : 0;
    }
    while (is_alphanumeric(text[len]) || (text[len] != '\0' && strchr(name_extra, text[len]) != NULL))
        len++;
    return len;
}

/* Reads host and port at the start of text. Returns the rest of the text, or NULL if the host or port is invalid. */
static const char *parse_authority(const char *text, authority_t *authority)
{
    const char *p;
    size_t digits;

    authority->host = text;
    authority->host_len = host_length(text);
    authority->port = 0;
    if (authority->host_len == 0)
        return NULL;
    p = text + authority->host_len;
    if (*p != ':')
        return p;
    p++;
    digits = strspn(p, "0123456789");
    if (digits > 5)
        return NULL;
    for (size_t i = 0; i < digits; i++)
        authority->port = authority->port * 10 + (p[i] - '0');
    /* RFC 3986 allows a colon without a port, but a port must be valid. */
    if (digits > 0 && (authority->port == 0 || authority->port > 65535))
        return NULL;
    return p + digits;
}

/* Host has no scheme, so the default ports of both schemes count as default. */
static int parse_host(const char *text, authority_t *authority)
{
    const char *rest = parse_authority(text, authority);

    authority->default_port = authority->port == 0 || authority->port == 80 || authority->port == 443;
    return rest != NULL && *rest == '\0';
}

/* Reads the scheme, host and port of a URL. Returns the rest of it, or NULL if it is not a valid http or https URL. */
static const char *parse_url(const char *text, authority_t *authority)
{
    static const char http[] = "http://";
    static const char https[] = "https://";
    int scheme_port;
    const char *rest;

    if (strncasecmp(text, http, sizeof(http) - 1) == 0) {
        scheme_port = 80;
        text += sizeof(http) - 1;
    }
    else if (strncasecmp(text, https, sizeof(https) - 1) == 0) {
        scheme_port = 443;
        text += sizeof(https) - 1;
    }
    else {
        return NULL;
    }
    rest = parse_authority(text, authority);
    if (authority->port == 0)
        authority->port = scheme_port;
    authority->default_port = authority->port == scheme_port;
    return rest;
}

static int is_same(const authority_t *a, const authority_t *b)
{
    return a->host_len == b->host_len && strncasecmp(a->host, b->host, a->host_len) == 0 &&
           (a->port == b->port || (a->default_port && b->default_port));
}

static int origin_is_own(const char *origin, const char *host)
{
    authority_t own, other;
    const char *rest = parse_url(origin, &other);

    return rest != NULL && *rest == '\0' && host != NULL && parse_host(host, &own) && is_same(&own, &other);
}

/* Like origin_is_own, but a path may follow the host. */
static int referer_is_own(const char *referer, const char *host)
{
    authority_t own, other;
    const char *rest = parse_url(referer, &other);

    return rest != NULL && (*rest == '\0' || strchr("/?#", *rest) != NULL) && host != NULL && parse_host(host, &own) &&
           is_same(&own, &other);
}

int mt_origin_is_trusted(const mt_origin_t *origin)
{
    const char *site = origin->sec_fetch_site;
    const char *dest = origin->sec_fetch_dest;
    int site_is_own = 0;

    if (site != NULL) {
        if (strcasecmp(site, "cross-site") == 0 || strcasecmp(site, "same-site") == 0)
            return 0;
        /* An unknown value counts as a missing header. */
        site_is_own = strcasecmp(site, "same-origin") == 0 || strcasecmp(site, "none") == 0;
    }
    if (dest != NULL && strcasecmp(dest, "document") != 0 && strcasecmp(dest, "empty") != 0)
        return 0;
    if (origin->origin != NULL)
        return origin_is_own(origin->origin, origin->host);
    if (!site_is_own && origin->referer != NULL)
        return referer_is_own(origin->referer, origin->host);
    return 1;
}

int mt_origin_is_speculative(const char *purpose)
{
    static const char *const words[] = { "prefetch", "prerender", "preview" };
    /* Sec-Purpose is a structured field (RFC 8941), for example "prefetch;prerender". */
    static const char separators[] = " \t,;=\"";

    while (purpose != NULL && *purpose != '\0') {
        size_t len = strcspn(purpose, separators);

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strlen(words[i]) == len && strncasecmp(purpose, words[i], len) == 0)
                return 1;
        }
        purpose += len;
        purpose += strspn(purpose, separators);
    }
    return 0;
}
