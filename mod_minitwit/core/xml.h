/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_XML_H
#define MT_XML_H

#include "core/buffer.h"

/* Appends text for the content of an element of XML 1.0, or for an attribute in quotation marks. < > & " ' become
 * &lt; &gt; &amp; &#34; &#39;. Tabs and line ends become character references, because a parser would change them in
 * attributes, and carriage returns also in content (XML 1.0, sections 2.11 and 3.3.3). A document cannot have the other
 * characters below U+0020, U+FFFE and U+FFFF, not even as references (section 2.2), so each becomes U+FFFD, and so does
 * each byte that is not part of valid UTF-8. */
void mt_xml_escape(mt_buffer_t *buffer, const char *text, apr_size_t len);

#endif
