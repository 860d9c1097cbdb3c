/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ENTITY_H
#define MT_ENTITY_H

#include <apr_pools.h>

/* The parts of a message: URLs, mentions, tags and the text between them. This file finds them. It makes no HTML and
 * looks nothing up. A URL may contain & and ', so a caller must escape each part.
 *
 * A word character is a letter, a digit, a mark or an underscore (Unicode categories L, Nl, Nd, Mn, Mc; Unicode
 * Technical Standard 18, annex C). Variation selectors and other invisible marks are not word characters. Unicode's
 * data comes from libutf8proc. A part begins at the beginning of the text, or after a character that is not a word
 * character.
 *
 * URL: http:// or https:// in any case, an authority, and the rest.
 * - If "+" comes before the scheme, it is another scheme, such as git+https (RFC 3986, section 3.1).
 * - A host has letters, digits, marks, hyphens and dots: at most 253 characters, in labels of at most 63 (RFC 1035,
 *   section 2.3.4). A label begins with a letter, a digit or an underscore. The last two have no underscore (extended
 *   autolinks of GitHub Flavored Markdown 0.29). A dot may follow the last label, before a port or a path.
 * - A host whose last label is a number is an IPv4 address with four decimal parts without leading zeros. The URL
 *   Standard of WHATWG also accepts other forms, which readers do not recognise. IPv6 is in brackets, without a zone.
 * - If the last label begins with Latin letters, it ends at the first letter of another script, so that text without
 *   spaces may follow. A real label has one script (ICANN's Guidelines for the Implementation of Internationalized
 *   Domain Names).
 * - A port is 1 to 65535. A colon without a port or a path ends the URL.
 * - These are refused: userinfo, which hides the host (RFC 3986, section 7.6), percent-encoding in a host, and a port
 *   or a label that is not valid.
 * - The rest ends at white space, controls, invisible and bidirectional format characters, unassigned characters,
 *   " < > \ and the backtick, which are not URL code points (URL Standard), quotes and brackets beyond ASCII, and the
 *   punctuation of Chinese and Japanese sentences, because no space follows these.
 * - The end leaves out . , : ; ! ? ' " * _ ~, other punctuation beyond ASCII, opening brackets, and closing brackets of
 *   ( [ { that exceed the opening ones in the rest (GitHub Flavored Markdown, extended autolink path validation).
 * - A URL of more than MT_ENTITY_URL_MAX bytes is refused.
 * A refused URL and a URL of another scheme are text up to the place where the rest would end, and \ does not end it,
 * because browsers read it as a slash. No mention or tag is found in this text.
 *
 * Mention: @ and the longest run of word characters, full stops and hyphens, without those at its end. A joiner
 * (U+200C, U+200D) between two word characters beyond ASCII continues the run (Unicode Standard Annex 31, section 2.3).
 * Or any name in straight double quotes, without a quote, a slash or a control character. With such a character, the
 * page of a user cannot be reached (core/validate.h), or the name cannot be quoted. A name has 1 to MT_NAME_MAX
 * characters.
 *
 * Tag: # and the longest run of word characters and joiners, as above: at most MT_ENTITY_TAG_MAX characters, of which
 * at least one is not a digit. After "&", the text is a character reference of HTML, such as "&#x27;", and not a tag
 * (twitter-text).
 *
 * A mark after @ or # belongs to this character, so there is no mention or tag ("#" and U+20E3 are a keycap). The same
 * applies if "://" follows, because then the word is a scheme (twitter-text). */

#define MT_ENTITY_URL_MAX 8000 /* bytes: RFC 9110, section 4.1, recommends that all recipients support this length */
#define MT_ENTITY_TAG_MAX 100  /* characters */

typedef enum mt_entity_kind_t {
    MT_ENTITY_TEXT,
    MT_ENTITY_URL,
    MT_ENTITY_MENTION,
    MT_ENTITY_TAG
} mt_entity_kind_t;

/* Both texts are parts of the message and do not end with NUL. No length is 0. */
typedef struct mt_entity_t {
    mt_entity_kind_t kind;
    const char *shown; /* the whole part, with @, # and quotes */
    apr_size_t shown_len;
    const char *target; /* the text or the URL itself, a name without @ and quotes, a tag without # */
    apr_size_t target_len;
} mt_entity_t;

/* Only the functions below use the fields. */
typedef struct mt_entity_reader_t {
    const char *begin;
    const char *at;
    const char *end;
    int is_text;      /* the whole text has no other part; most messages are so */
    mt_entity_t next; /* if next.shown is at */
} mt_entity_reader_t;

/* Prepares to read the parts of a message, which must remain in memory. text is valid UTF-8 of any length and may have
 * NUL bytes. A byte that is not valid UTF-8 does no harm: it is not a word character, and it ends a URL. */
void mt_entity_begin(mt_entity_reader_t *reader, const char *text, apr_size_t len);

/* Reads the next part. Returns 1, or 0 at the end. The parts cover the message in order, without gaps, and a part of
 * kind MT_ENTITY_TEXT never follows another one. Allocates no memory. All calls for one message together take a time
 * that is linear in its length, because each byte is read a bounded number of times. Two searches for the end of the
 * same kind of part (a URL, a host, a quoted name, another name or a tag) have at most the bytes of "https:" in common.
 */
int mt_entity_next(mt_entity_reader_t *reader, mt_entity_t *entity);

/* Returns the form of a tag without # that is the same for all its spellings: NFD, Unicode's full case folding, then
 * NFC (definition D145 of the Unicode Standard), in pool. It has at most three times as many characters. tag is valid
 * UTF-8. Returns a copy of other bytes. */
const char *mt_entity_fold_tag(apr_pool_t *pool, const char *tag, apr_size_t len);

#endif
