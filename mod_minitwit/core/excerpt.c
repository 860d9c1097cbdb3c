/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/excerpt.h"

#include "core/buffer.h"

#include <utf8proc.h>

#define ELLIPSIS "\xe2\x80\xa6"

static int is_space(utf8proc_int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
        return 1;
    default:
        return 0;
    }
}

/* Reads the character at *text, and moves *text to the end of this character. Returns 0 at the end of the text. A run
 * of white space counts as one space, or as the end if nothing follows. A byte that is not valid UTF-8 ends the text.
 */
static apr_size_t read_character(const char **text, utf8proc_int32_t *character)
{
    apr_size_t length = 0;

    for (const char *at = *text; *at;) {
        utf8proc_ssize_t read = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, character);

        if (read <= 0)
            return 0;
        if (!is_space(*character)) {
            if (length > 0)
                *character = ' ';
            *text = length > 0 ? at : at + read;
            return length > 0 ? 1 : (apr_size_t)read;
        }
        length += (apr_size_t)read;
        at += read;
    }
    return 0;
}

const char *mt_excerpt_make(apr_pool_t *pool, const char *text, apr_size_t max)
{
    utf8proc_int32_t character, previous = 0, state = 0;
    apr_size_t length, count = 0;
    apr_size_t cluster = 0, word = 0; /* the last places in the line where it may end; 0: none */
    mt_buffer_t line;

    mt_buffer_init(&line, pool, 2 * max + sizeof(ELLIPSIS));
    while ((length = read_character(&text, &character)) > 0) {
        if (character == ' ' && count == 0)
            continue;
        if (count > 0 && utf8proc_grapheme_break_stateful(previous, character, &state))
            cluster = line.len;
        /* A word that ends early would leave little of the line. */
        if (character == ' ' && count >= max / 2)
            word = line.len;
        if (count++ == max) {
            if (word > 0 || cluster > 0)
                line.len = word > 0 ? word : cluster;
            if (line.data[line.len - 1] == ' ')
                line.len--;
            mt_buffer_append_text(&line, ELLIPSIS);
            break;
        }
        previous = character;
        mt_buffer_append(&line, character == ' ' ? " " : text - length, length);
    }
    return mt_buffer_text(&line);
}
