/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ESCAPE_H
#define MT_ESCAPE_H

#include "core/buffer.h"

#include <stdint.h>

/* Appends text escaped for HTML content and quoted attributes: < > & " ' become &lt; &gt; &amp; &#34; &#39;. */
void mt_escape_html(mt_buffer_t *buffer, const char *text, apr_size_t len);

/* The same for a text in which mt_name_isolate has isolated names: <bdi> and </bdi> replace the outermost U+2068 and
 * its U+2069. For HTML content only. text is valid UTF-8. */
void mt_escape_html_phrase(mt_buffer_t *buffer, const char *text);

/* Appends text as a JSON string with its quotation marks (RFC 8259). text must be valid UTF-8. */
void mt_escape_json(mt_buffer_t *buffer, const char *text);

/* Appends a member of a JSON object, with a comma before it unless the buffer ends in the opening brace. value is valid
 * UTF-8, or NULL for null. */
void mt_escape_json_member(mt_buffer_t *buffer, const char *name, const char *value);

#define MT_ESCAPE_UNLIMITED SIZE_MAX

/* Appends any bytes as a JSON string from which they can be restored. A byte that is not part of valid UTF-8 becomes
 * the text \xhh, and a backslash becomes two. At most max bytes go between the quotation marks. If the rest is cut off,
 * the string ends in the text \+N, where N is the number of input bytes that are missing. */
void mt_escape_json_bytes(mt_buffer_t *buffer, const char *data, apr_size_t len, apr_size_t max);

#endif
