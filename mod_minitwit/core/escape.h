/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ESCAPE_H
#define MT_ESCAPE_H

#include "core/buffer.h"

#include <stdint.h>

/* Appends text so that HTML shows it as it is, in content and in quoted attributes: < > & " ' become
 * &lt; &gt; &amp; &#34; &#39;. */
void mt_escape_html(mt_buffer_t *buffer, const char *text, apr_size_t len);

/* Appends text as a JSON string, with its quotation marks (RFC 8259). text: valid UTF-8, NUL-terminated. */
void mt_escape_json(mt_buffer_t *buffer, const char *text);

/* Appends a member of a JSON object, behind a comma unless it is the first, right behind the bracket. value: as above, or NULL
 * for null. */
void mt_escape_json_member(mt_buffer_t *buffer, const char *name, const char *value);

#define MT_ESCAPE_UNLIMITED SIZE_MAX

/* Appends any bytes as a JSON string, from which they can be restored: a byte that is no part of valid UTF-8 becomes the
 * text \xhh, and a backslash becomes two. What would take more than max bytes between the quotation marks is left out,
 * and the text \+N at the end tells how many bytes of the original that was. */
void mt_escape_json_bytes(mt_buffer_t *buffer, const char *data, apr_size_t len, apr_size_t max);

#endif
