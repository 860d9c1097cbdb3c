/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/name.h"

#include "core/buffer.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define ZWNJ          0x200c
#define ZWJ           0x200d
#define TEXT_STYLE    0xfe0e /* these two variation selectors select the style of an emoji */
#define EMOJI_STYLE   0xfe0f
#define KEYCAP        0x20e3
#define BLACK_FLAG    0x1f3f4
#define TAG_SPACE     0xe0020 /* the tags for the characters of ASCII begin with this one */
#define CANCEL_TAG    0xe007f
#define BLANK_BRAILLE 0x2800
#define NULL_NOTEHEAD 0x1d159
#define LTR_MARK      0x200e
#define FIRST_ISOLATE 0x2066 /* LRI, RLI, FSI */
#define LAST_ISOLATE  0x2068
#define POP_ISOLATE   0x2069
#define VIRAMA        9 /* Canonical_Combining_Class */

typedef utf8proc_int32_t character_t;

/* U+2068 and U+2069. As string literals, they would look like an attack on readers of the source to clang-tidy. */
static const char fsi[] = { '\xe2', '\x81', '\xa8', '\0' };
static const char pdi[] = { '\xe2', '\x81', '\xa9', '\0' };

typedef struct range_t {
    character_t first, last;
} range_t;

/* Characters that join to the next one in cursive scripts (Joining_Type L or D), and to the previous one (R or D). From
 * extracted/DerivedJoiningType.txt of Unicode 15.0 (see NOTICE). A newer version may add letters. The site then refuses
 * a joiner beside them. */
static const range_t joins_next[] = {
    { 0x620, 0x620 },     { 0x626, 0x626 },     { 0x628, 0x628 },     { 0x62a, 0x62e },     { 0x633, 0x63f },
    { 0x641, 0x647 },     { 0x649, 0x64a },     { 0x66e, 0x66f },     { 0x678, 0x687 },     { 0x69a, 0x6bf },
    { 0x6c1, 0x6c2 },     { 0x6cc, 0x6cc },     { 0x6ce, 0x6ce },     { 0x6d0, 0x6d1 },     { 0x6fa, 0x6fc },
    { 0x6ff, 0x6ff },     { 0x712, 0x714 },     { 0x71a, 0x71d },     { 0x71f, 0x727 },     { 0x729, 0x729 },
    { 0x72b, 0x72b },     { 0x72d, 0x72e },     { 0x74e, 0x758 },     { 0x75c, 0x76a },     { 0x76d, 0x770 },
    { 0x772, 0x772 },     { 0x775, 0x777 },     { 0x77a, 0x77f },     { 0x7ca, 0x7ea },     { 0x841, 0x845 },
    { 0x848, 0x848 },     { 0x84a, 0x853 },     { 0x855, 0x855 },     { 0x860, 0x860 },     { 0x862, 0x865 },
    { 0x868, 0x868 },     { 0x886, 0x886 },     { 0x889, 0x88d },     { 0x8a0, 0x8a9 },     { 0x8af, 0x8b0 },
    { 0x8b3, 0x8b8 },     { 0x8ba, 0x8c8 },     { 0x1807, 0x1807 },   { 0x1820, 0x1878 },   { 0x1887, 0x18a8 },
    { 0x18aa, 0x18aa },   { 0xa840, 0xa872 },   { 0x10ac0, 0x10ac4 }, { 0x10acd, 0x10acd }, { 0x10ad3, 0x10adc },
    { 0x10ade, 0x10ae0 }, { 0x10aeb, 0x10aee }, { 0x10b80, 0x10b80 }, { 0x10b82, 0x10b82 }, { 0x10b86, 0x10b88 },
    { 0x10b8a, 0x10b8b }, { 0x10b8d, 0x10b8d }, { 0x10b90, 0x10b90 }, { 0x10bad, 0x10bae }, { 0x10d00, 0x10d21 },
    { 0x10d23, 0x10d23 }, { 0x10f30, 0x10f32 }, { 0x10f34, 0x10f44 }, { 0x10f51, 0x10f53 }, { 0x10f70, 0x10f73 },
    { 0x10f76, 0x10f81 }, { 0x10fb0, 0x10fb0 }, { 0x10fb2, 0x10fb3 }, { 0x10fb8, 0x10fb8 }, { 0x10fbb, 0x10fbc },
    { 0x10fbe, 0x10fbf }, { 0x10fc1, 0x10fc1 }, { 0x10fc4, 0x10fc4 }, { 0x10fca, 0x10fcb }, { 0x1e900, 0x1e943 },
};

static const range_t joins_previous[] = {
    { 0x620, 0x620 },     { 0x622, 0x63f },     { 0x641, 0x64a },     { 0x66e, 0x66f },     { 0x671, 0x673 },
    { 0x675, 0x6d3 },     { 0x6d5, 0x6d5 },     { 0x6ee, 0x6ef },     { 0x6fa, 0x6fc },     { 0x6ff, 0x6ff },
    { 0x710, 0x710 },     { 0x712, 0x72f },     { 0x74d, 0x77f },     { 0x7ca, 0x7ea },     { 0x840, 0x858 },
    { 0x860, 0x860 },     { 0x862, 0x865 },     { 0x867, 0x86a },     { 0x870, 0x882 },     { 0x886, 0x886 },
    { 0x889, 0x88e },     { 0x8a0, 0x8ac },     { 0x8ae, 0x8c8 },     { 0x1807, 0x1807 },   { 0x1820, 0x1878 },
    { 0x1887, 0x18a8 },   { 0x18aa, 0x18aa },   { 0xa840, 0xa871 },   { 0x10ac0, 0x10ac5 }, { 0x10ac7, 0x10ac7 },
    { 0x10ac9, 0x10aca }, { 0x10ace, 0x10ad6 }, { 0x10ad8, 0x10ae1 }, { 0x10ae4, 0x10ae4 }, { 0x10aeb, 0x10aef },
    { 0x10b80, 0x10b91 }, { 0x10ba9, 0x10bae }, { 0x10d01, 0x10d23 }, { 0x10f30, 0x10f44 }, { 0x10f51, 0x10f54 },
    { 0x10f70, 0x10f81 }, { 0x10fb0, 0x10fb0 }, { 0x10fb2, 0x10fb6 }, { 0x10fb8, 0x10fbf }, { 0x10fc1, 0x10fc4 },
    { 0x10fc9, 0x10fca }, { 0x1e900, 0x1e943 },
};

static int compare(const void *key, const void *element)
{
    character_t character = *(const character_t *)key;
    const range_t *range = element;

    return character < range->first ? -1 : character > range->last;
}

static int is_in(character_t character, const range_t *ranges, size_t size)
{
    return bsearch(&character, ranges, size / sizeof(*ranges), sizeof(*ranges), compare) != NULL;
}

static int is_emoji(character_t character)
{
    return utf8proc_get_property(character)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static int is_skin_tone(character_t character)
{
    return character >= 0x1f3fb && character <= 0x1f3ff;
}

/* Returns 1 for Joining_Type T. The marks and the format characters have it. */
static int is_transparent(character_t character)
{
    utf8proc_category_t category = utf8proc_category(character);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ||
           (category == UTF8PROC_CATEGORY_CF && character != ZWNJ && character != ZWJ);
}

static int is_after_virama(const character_t *text, int at)
{
    return at > 0 && utf8proc_get_property(text[at - 1])->combining_class == VIRAMA;
}

/* RFC 5892, appendix A.1. */
static int is_non_joiner_allowed(const character_t *text, int count, int at)
{
    int before = at - 1, after = at + 1;

    if (is_after_virama(text, at))
        return 1;
    while (before >= 0 && is_transparent(text[before]))
        before--;
    while (after < count && is_transparent(text[after]))
        after++;
    return before >= 0 && after < count && is_in(text[before], joins_next, sizeof(joins_next)) &&
           is_in(text[after], joins_previous, sizeof(joins_previous));
}

/* RFC 5892, appendix A.2, and sequences of emoji (Unicode Technical Standard 51, ED-16). */
static int is_joiner_allowed(const character_t *text, int count, int at)
{
    int before = at - 1;

    if (is_after_virama(text, at))
        return 1;
    if (before >= 0 && (text[before] == EMOJI_STYLE || is_skin_tone(text[before])))
        before--;
    return before >= 0 && is_emoji(text[before]) && at + 1 < count && is_emoji(text[at + 1]);
}

/* The style of an emoji or of a keycap (Unicode Technical Standard 51, ED-8a, ED-9a, ED-14c). */
static int is_style_allowed(const character_t *text, int count, int at)
{
    if (at == 0)
        return 0;
    if (is_emoji(text[at - 1]))
        return 1;
    return ((text[at - 1] >= '0' && text[at - 1] <= '9') || text[at - 1] == '#' || text[at - 1] == '*') &&
           at + 1 < count && text[at + 1] == KEYCAP;
}

/* Returns 1 inside the flag of England, Scotland or Wales. These are the sequences of type RGI_Emoji_Tag_Sequence in
 * emoji-sequences.txt of Unicode Technical Standard 51. Systems show other sequences of tags as a black flag or as
 * nothing, so that different names would look the same. */
static int is_tag_allowed(const character_t *text, int count, int at)
{
    static const char *const regions[] = { "gbeng", "gbsct", "gbwls" };
    const int length = 5;
    int flag = at;

    while (flag > 0 && text[flag] >= TAG_SPACE && text[flag] <= CANCEL_TAG)
        flag--;
    int end = flag + 1 + length;
    if (text[flag] != BLACK_FLAG || at > end || end >= count || text[end] != CANCEL_TAG)
        return 0;
    for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        int same = 0;
        while (same < length && text[flag + 1 + same] - TAG_SPACE == regions[i][same] - ' ')
            same++;
        if (same == length)
            return 1;
    }
    return 0;
}

static int is_space(character_t character)
{
    utf8proc_category_t category = utf8proc_category(character);

    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* Returns 1 for an invisible character that is not allowed at its place. */
static int is_hidden(const character_t *text, int count, int at)
{
    switch (text[at]) {
    case ZWNJ:
        return !is_non_joiner_allowed(text, count, at);
    case ZWJ:
        return !is_joiner_allowed(text, count, at);
    case TEXT_STYLE:
    case EMOJI_STYLE:
        return !is_style_allowed(text, count, at);
    case BLANK_BRAILLE:
        return 1;
    default:
        if (text[at] >= TAG_SPACE && text[at] <= CANCEL_TAG)
            return !is_tag_allowed(text, count, at);
        return utf8proc_get_property(text[at])->ignorable;
    }
}

/* Marks are visible only together with another character. */
static int is_visible(character_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CF:
        return 0;
    default:
        return character != NULL_NOTEHEAD;
    }
}

/* Decodes at most max characters. Returns their number. */
static int decode(const char *name, character_t *text, int max)
{
    int count = 0;

    while (*name && count < max) {
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)name, -1, &text[count]);

        if (length <= 0)
            break;
        name += length;
        count++;
    }
    return count;
}

const char *mt_name_check(const char *name)
{
    character_t text[MT_NAME_MAX];
    int count = decode(name, text, MT_NAME_MAX);
    int can_be_seen = 0;

    if (count > 0 && (is_space(text[0]) || is_space(text[count - 1])))
        return "The username may not begin or end with white space";
    for (int at = 0; at < count; at++) {
        if (utf8proc_category(text[at]) == UTF8PROC_CATEGORY_CN)
            return "The username may not contain characters that Unicode does not define";
        if (is_hidden(text, count, at))
            return "The username may not contain invisible characters";
        can_be_seen |= is_visible(text[at]);
    }
    return can_be_seen ? NULL : "The username must contain a visible character";
}

/* Returns 1 if all bytes are less than limit. */
static int has_only_bytes_below(const char *name, unsigned char limit)
{
    for (; *name; name++) {
        if ((unsigned char)*name >= limit)
            return 0;
    }
    return 1;
}

/* Returns the name in a normal form: UTF8PROC_COMPOSE is NFC, UTF8PROC_DECOMPOSE is NFD. */
static const char *transform(apr_pool_t *pool, const char *name, utf8proc_option_t form)
{
    utf8proc_uint8_t *mapped;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)name, 0, &mapped, UTF8PROC_NULLTERM | UTF8PROC_STABLE | form);

    if (len < 0)
        return name;
    if (strcmp((const char *)mapped, name) != 0)
        name = apr_pstrmemdup(pool, (const char *)mapped, (apr_size_t)len);
    free(mapped);
    return name;
}

const char *mt_name_normalize(apr_pool_t *pool, const char *name)
{
    /* NFC does not change the characters before U+0300, whose first byte is 0xcc. */
    return has_only_bytes_below(name, 0xcc) ? name : transform(pool, name, UTF8PROC_COMPOSE);
}

const char *mt_name_decompose(apr_pool_t *pool, const char *name)
{
    /* NFD does not change the characters before U+00C0, whose first byte is 0xc3. */
    return has_only_bytes_below(name, 0xc3) ? name : transform(pool, name, UTF8PROC_DECOMPOSE);
}

static int is_bidirectional(const char *name)
{
    character_t character;
    utf8proc_ssize_t length;

    /* The first right-to-left character is in the block Hebrew, which begins at U+0590. Its first byte is 0xd6. */
    if (has_only_bytes_below(name, 0xd6))
        return 0;
    for (; *name; name += length) {
        length = utf8proc_iterate((const utf8proc_uint8_t *)name, -1, &character);
        if (length <= 0)
            return 1;
        switch (utf8proc_get_property(character)->bidi_class) {
        case UTF8PROC_BIDI_CLASS_R:
        case UTF8PROC_BIDI_CLASS_AL:
        case UTF8PROC_BIDI_CLASS_LRE:
        case UTF8PROC_BIDI_CLASS_LRO:
        case UTF8PROC_BIDI_CLASS_RLE:
        case UTF8PROC_BIDI_CLASS_RLO:
        case UTF8PROC_BIDI_CLASS_PDF:
        case UTF8PROC_BIDI_CLASS_LRI:
        case UTF8PROC_BIDI_CLASS_RLI:
        case UTF8PROC_BIDI_CLASS_FSI:
        case UTF8PROC_BIDI_CLASS_PDI:
            return 1;
        default:
            if (character == LTR_MARK)
                return 1;
        }
    }
    return 0;
}

const char *mt_name_isolate(apr_pool_t *pool, const char *name)
{
    mt_buffer_t buffer;
    character_t character;
    utf8proc_ssize_t length;
    int depth = 0;

    if (!is_bidirectional(name))
        return name;
    mt_buffer_init(&buffer, pool, strlen(name) + sizeof(fsi) + sizeof(pdi));
    mt_buffer_append_text(&buffer, fsi);
    for (; *name; name += length) {
        length = utf8proc_iterate((const utf8proc_uint8_t *)name, -1, &character);
        if (length <= 0)
            break;
        /* Leave out a PDI that would end the isolate around the name. */
        if (character == POP_ISOLATE && depth == 0)
            continue;
        if (character == POP_ISOLATE)
            depth--;
        else if (character >= FIRST_ISOLATE && character <= LAST_ISOLATE)
            depth++;
        mt_buffer_append(&buffer, name, (apr_size_t)length);
    }
    for (; depth >= 0; depth--)
        mt_buffer_append_text(&buffer, pdi);
    return mt_buffer_text(&buffer);
}
