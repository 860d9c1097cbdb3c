/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_AVATAR_H
#define MT_AVATAR_H

#include "core/buffer.h"

#define MT_AVATAR_ID_SIZE 17 /* 64 bits in lower-case hexadecimal, and the NUL */

/* Draws the identicon of an avatar id as an SVG document: symmetric cells in one colour on a light ground, readable on
 * a light and on a dark page. The same id always gives the same bytes. Returns 0, drawing nothing, when the text is no
 * avatar id. */
int mt_avatar_draw(mt_buffer_t *svg, const char *id);

/* The address of a Gravatar image (https, 48 px, identicon as its default) for an e-mail address. */
const char *mt_avatar_gravatar(apr_pool_t *pool, const char *email);

#endif
