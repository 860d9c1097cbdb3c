/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity.h"
#include "core/name.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* Characters that are in no part other than text: a C1 control, U+200B, U+200E, U+202E, U+2066, U+2069, U+FEFF, U+3002.
 */
static const char *const excluded[] = { "\xc2\x85",     "\xe2\x80\x8b", "\xe2\x80\x8e", "\xe2\x80\xae",
                                        "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbb\xbf", "\xe3\x80\x82" };

static int is_word_byte(char byte)
{
    return apr_isalnum(byte) || byte == '_';
}

static void check_has_none(const char *text, const char *bytes)
{
    fuzz_assert(strcspn(text, bytes) == strlen(text));
    for (const char *at = text; *at; at++)
        fuzz_assert((unsigned char)*at > ' ' && *at != 0x7f);
    for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++)
        fuzz_assert(strstr(text, excluded[i]) == NULL);
}

static void check_url(const char *url)
{
    apr_size_t len = strlen(url);
    apr_size_t scheme = len > 4 && (url[4] == 's' || url[4] == 'S') ? 8 : 7;
    const char *host = url + scheme;

    fuzz_assert(strncasecmp(url, scheme == 8 ? "https://" : "http://", scheme) == 0);
    fuzz_assert(len > scheme && len <= MT_ENTITY_URL_MAX);
    check_has_none(url, "\"<>\\`");
    fuzz_assert(strchr(".,:;!?'*_~([{", url[len - 1]) == NULL);
    fuzz_assert(*host == '[' || (*host & 0x80) || is_word_byte(*host));
    for (const char *at = host; *at && !strchr("/?#", *at); at++)
        fuzz_assert((*at & 0x80) || apr_isalnum(*at) || strchr(*host == '[' ? ".:[]" : ".:-_", *at));
}

/* Returns 1 if a browser that reads on after the part finds an "@" in the authority of its URL. */
static int is_userinfo(const mt_entity_t *entity, const char *url, const char *end)
{
    if (strpbrk(url + strlen("https://"), "/?#"))
        return 0;
    for (const char *at = entity->shown + entity->shown_len; at < end; at++) {
        if (*at == '@')
            return 1;
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || strchr("/?#\"<>`", *at))
            return 0;
    }
    return 0;
}

static void check_mention(const mt_entity_t *entity, const char *name)
{
    apr_size_t count = mt_utf8_count(name);

    fuzz_assert(entity->shown[0] == '@' && count >= 1 && count <= MT_NAME_MAX && !strpbrk(name, "\"/"));
    fuzz_assert(!mt_utf8_has_control(name));
    if (entity->shown[1] == '"') {
        fuzz_assert(entity->target == entity->shown + 2 && entity->shown_len == entity->target_len + 3);
        fuzz_assert(entity->target[entity->target_len] == '"');
        return;
    }
    fuzz_assert(entity->target == entity->shown + 1 && entity->shown_len == entity->target_len + 1);
    fuzz_assert(!strchr(".-", name[strlen(name) - 1]));
    check_has_none(name, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");
}

static void check_tag(apr_pool_t *pool, const mt_entity_t *entity, const char *tag)
{
    apr_size_t count = mt_utf8_count(tag);
    const char *folded = mt_entity_fold_tag(pool, tag, strlen(tag));

    fuzz_assert(entity->shown[0] == '#' && entity->target == entity->shown + 1);
    fuzz_assert(entity->shown_len == entity->target_len + 1 && count >= 1 && count <= MT_ENTITY_TAG_MAX);
    fuzz_assert(strspn(tag, "0123456789") < strlen(tag));
    check_has_none(tag, "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~");
    fuzz_assert(mt_utf8_is_valid(folded, strlen(folded)) && mt_utf8_count(folded) <= 3 * count);
    fuzz_assert(strcmp(mt_entity_fold_tag(pool, folded, strlen(folded)), folded) == 0);
}

/* A part alone is the same part. */
static void check_alone(apr_pool_t *pool, const mt_entity_t *entity)
{
    const char *text = apr_pstrmemdup(pool, entity->shown, entity->shown_len);
    mt_entity_reader_t reader;
    mt_entity_t alone;

    mt_entity_begin(&reader, text, entity->shown_len);
    fuzz_assert(mt_entity_next(&reader, &alone) == 1 && alone.kind == entity->kind);
    fuzz_assert(alone.shown == text && alone.shown_len == entity->shown_len);
    fuzz_assert(alone.target - text == entity->target - entity->shown && alone.target_len == entity->target_len);
    fuzz_assert(mt_entity_next(&reader, &alone) == 0);
}

static void check_part(apr_pool_t *pool, const char *text, const char *end, const mt_entity_t *entity)
{
    const char *target = apr_pstrmemdup(pool, entity->target, entity->target_len);

    if (entity->kind == MT_ENTITY_TEXT) {
        fuzz_assert(entity->target == entity->shown && entity->target_len == entity->shown_len);
        return;
    }
    fuzz_assert(entity->target_len == strlen(target) && mt_utf8_is_valid(target, entity->target_len));
    fuzz_assert(entity->shown == text || !is_word_byte(entity->shown[-1]));
    check_alone(pool, entity);
    if (entity->kind == MT_ENTITY_MENTION) {
        check_mention(entity, target);
    }
    else if (entity->kind == MT_ENTITY_TAG) {
        check_tag(pool, entity, target);
    }
    else {
        fuzz_assert(entity->target == entity->shown && entity->target_len == entity->shown_len);
        fuzz_assert(!is_userinfo(entity, target, end));
        check_url(target);
    }
}

void fuzz_entity(apr_pool_t *pool, const char *data, apr_size_t len)
{
    int is_valid = mt_utf8_is_valid(data, len);
    mt_entity_kind_t last = MT_ENTITY_URL;
    const char *at = data;
    mt_entity_reader_t reader;
    mt_entity_t entity;

    mt_entity_begin(&reader, data, len);
    while (mt_entity_next(&reader, &entity)) {
        fuzz_assert(entity.shown == at && entity.shown_len > 0 && entity.target_len > 0);
        fuzz_assert(entity.shown_len <= (apr_size_t)(data + len - at));
        fuzz_assert(entity.kind != MT_ENTITY_TEXT || last != MT_ENTITY_TEXT);
        fuzz_assert(!is_valid || mt_utf8_is_valid(entity.shown, entity.shown_len));
        check_part(pool, data, data + len, &entity);
        at += entity.shown_len;
        last = entity.kind;
    }
    fuzz_assert(at == data + len || len == 0);
}
