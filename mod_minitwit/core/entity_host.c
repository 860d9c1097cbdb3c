/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity_internal.h"

#include <apr_lib.h>
#include <arpa/inet.h>
#include <string.h>

#define HOST_MAX  253 /* characters */
#define LABEL_MAX 63
#define PORT_MAX  65535

/* Returns 1 if one of these ASCII characters is at this place. */
static int is_one_of(const char *at, const char *end, const char *characters)
{
    return at < end && *at != '\0' && strchr(characters, *at) != NULL;
}

/* Returns 1 for the blocks of Latin letters and of the marks that they use. */
static int is_latin(mt_entity_character_t character)
{
    return character < 0x370 || (character >= 0x1e00 && character <= 0x1eff);
}

/* Returns 1 if the bytes are a numeric address of this family. */
static int is_address(int family, const char *text, const char *end)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t len = (size_t)(end - text);

    if (len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return inet_pton(family, copy, &address) == 1;
}

/* Returns the end of the label at this place, which is the same place if there is none. Adds its characters to count.
 */
static const char *read_label(const char *at, const char *end, int *count)
{
    const char *begin = at;

    while (at < end) {
        mt_entity_character_t character;
        apr_size_t length = mt_entity_character_read(at, end, &character);

        if (at == begin ? !mt_entity_character_begins_word(character)
                        : !mt_entity_character_is_word(character) && character != '-')
            break;
        at += length;
        ++*count;
    }
    return at;
}

/* Returns the end of the last label without the letters of another script, and without hyphens and underscores at its
 * end, which are often the punctuation of the sentence. */
static const char *cut_label(const char *label, const char *end)
{
    const char *at = label;
    mt_entity_character_t character;
    apr_size_t length = mt_entity_character_read(at, end, &character);

    if (is_latin(character)) {
        while (at < end && is_latin(character)) {
            at += length;
            length = at < end ? mt_entity_character_read(at, end, &character) : 0;
        }
    }
    else {
        at = end;
    }
    while (at > label && (at[-1] == '-' || at[-1] == '_'))
        at--;
    return at;
}

/* Returns 1 for a label that is a number in the URL Standard: decimal, also beyond ASCII, or hexadecimal with 0x. */
static int is_number(const char *at, const char *end)
{
    if (end - at >= 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        for (at += 2; at < end && apr_isxdigit(*at);)
            at++;
        return at == end;
    }
    while (at < end) {
        mt_entity_character_t character;

        at += mt_entity_character_read(at, end, &character);
        if (!mt_entity_character_is_digit(character))
            return 0;
    }
    return 1;
}

/* Returns the end of a host of labels, or NULL. */
static const char *read_labels(const char *host, const char *end)
{
    const char *previous = host;
    const char *label = host;
    const char *stop;
    const char *cut;
    int count = 0;

    for (;;) {
        int before = count;
        int next = 0;

        stop = read_label(label, end, &count);
        if (stop == label || count - before > LABEL_MAX || count > HOST_MAX)
            return NULL;
        if (!is_one_of(stop, end, ".") || read_label(stop + 1, end, &next) == stop + 1)
            break;
        previous = label;
        label = stop + 1;
        count++;
    }
    cut = cut_label(label, stop);
    if (cut == label || (cut < stop && is_one_of(stop, end, "/?#:%@")))
        return NULL;
    if (memchr(previous, '_', (size_t)(cut - previous)) != NULL)
        return NULL;
    if (is_number(label, cut) && !is_address(AF_INET, host, cut))
        return NULL;
    /* A dot at the end names the root of the DNS. It belongs to the host only if the URL continues. */
    if (cut == stop && is_one_of(stop, end, ".") &&
        (is_one_of(stop + 1, end, "/?#") || (is_one_of(stop + 1, end, ":") && is_one_of(stop + 2, end, "0123456789"))))
        return stop + 1;
    return cut;
}

static const char *read_ipv6(const char *bracket, const char *end)
{
    apr_size_t max = INET6_ADDRSTRLEN + 1;
    apr_size_t len = (apr_size_t)(end - bracket);
    const char *closing = memchr(bracket, ']', len < max ? len : max);

    if (closing == NULL || !is_address(AF_INET6, bracket + 1, closing))
        return NULL;
    return closing + 1 < end && apr_isalnum(closing[1]) ? NULL : closing + 1;
}

/* Returns the end of the port after a colon, the colon if it is punctuation, or NULL if there is no valid port. */
static const char *read_port(const char *colon, const char *end)
{
    const char *at = colon + 1;
    long port = 0;

    while (at < end && apr_isdigit(*at) && port <= PORT_MAX)
        port = port * 10 + (*at++ - '0');
    if (at == colon + 1)
        return is_one_of(at, end, "/") ? NULL : colon;
    if (port < 1 || port > PORT_MAX || (at < end && (apr_isalnum(*at) || *at == '_')))
        return NULL;
    return at;
}

/* Returns 1 if a browser would read the text before this place as the name of a user. */
static int is_userinfo(const char *at, const char *end)
{
    while (at < end && !is_one_of(at, end, "/?#")) {
        mt_entity_character_t character;

        if (*at == '@')
            return 1;
        at += mt_entity_character_read(at, end, &character);
        if (mt_entity_character_ends_url(character) && character != '\\')
            return 0;
    }
    return 0;
}

const char *mt_entity_host_read(const char *host, const char *end)
{
    const char *stop = is_one_of(host, end, "[") ? read_ipv6(host, end) : read_labels(host, end);

    if (stop != NULL && is_one_of(stop, end, ":"))
        stop = read_port(stop, end);
    if (stop == NULL || is_one_of(stop, end, "%") || is_userinfo(stop, end))
        return NULL;
    return stop;
}
