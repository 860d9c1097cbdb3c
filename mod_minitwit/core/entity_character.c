/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity_internal.h"

#include <string.h>

#define BLANK_BRAILLE 0x2800
#define NULL_NOTEHEAD 0x1d159

apr_size_t mt_entity_character_read(const char *at, const char *end, mt_entity_character_t *character)
{
    utf8proc_ssize_t length;

    *character = (unsigned char)*at;
    if (*character < 0x80)
        return 1;
    length = utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, character);
    if (length > 0)
        return (apr_size_t)length;
    *character = -1;
    return 1;
}

mt_entity_character_t mt_entity_character_before(const char *begin, const char *at)
{
    mt_entity_character_t character;

    for (int length = 1; length <= 4 && at - begin >= length; length++) {
        if (((unsigned char)at[-length] & 0xc0) == 0x80)
            continue;
        if (mt_entity_character_read(at - length, at, &character) == (apr_size_t)length)
            return character;
        break;
    }
    return -1;
}

static int is_ascii_letter(mt_entity_character_t character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

int mt_entity_character_begins_word(mt_entity_character_t character)
{
    if (character < 0x80)
        return is_ascii_letter(character) || mt_entity_character_is_digit(character) || character == '_';
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_ND:
        return !utf8proc_get_property(character)->ignorable;
    default:
        return 0;
    }
}

int mt_entity_character_is_word(mt_entity_character_t character)
{
    if (mt_entity_character_begins_word(character))
        return 1;
    if (character < 0x80)
        return 0;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
        return !utf8proc_get_property(character)->ignorable;
    default:
        return 0;
    }
}

int mt_entity_character_is_digit(mt_entity_character_t character)
{
    if (character < 0x80)
        return character >= '0' && character <= '9';
    return utf8proc_category(character) == UTF8PROC_CATEGORY_ND;
}

/* The punctuation of Chinese and Japanese sentences that is not a bracket, in ascending order: ellipsis, comma, full
 * stop, and the wide forms of ! " ' , . : ; ? and of the Japanese full stop and comma. */
static const mt_entity_character_t sentence_marks[] = { 0x2026, 0x3001, 0x3002, 0xff01, 0xff02, 0xff07, 0xff0c,
                                                        0xff0e, 0xff1a, 0xff1b, 0xff1f, 0xff61, 0xff64 };

static int is_sentence_mark(mt_entity_character_t character)
{
    for (size_t i = 0; i < sizeof(sentence_marks) / sizeof(sentence_marks[0]); i++) {
        if (character == sentence_marks[i])
            return 1;
    }
    return 0;
}

int mt_entity_character_ends_url(mt_entity_character_t character)
{
    if (character < 0x80)
        return character <= ' ' || character == 0x7f || strchr("\"<>\\`", character) != NULL;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
        return 1;
    default:
        return utf8proc_get_property(character)->ignorable || character == BLANK_BRAILLE ||
               character == NULL_NOTEHEAD || is_sentence_mark(character);
    }
}

int mt_entity_character_is_punctuation(mt_entity_character_t character)
{
    return character >= 0x80 && utf8proc_category(character) == UTF8PROC_CATEGORY_PO;
}
