/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_AVATAR_H
#define MT_AVATAR_H

#include "core/buffer.h"

/* Pictures of users. The site stores no images: either the server draws an identicon from the user's avatar id, or the
 * page links to the user's Gravatar. For an identicon, the bits of the id seed a generator. It chooses a colour and the
 * left half and the middle of a grid of 5 x 5 cells. The right half mirrors the left:
 *
 *     # . # . #
 *     . # # # .
 *     # # . # #
 *     . . # . .
 *     # # # # #
 */

#define MT_AVATAR_ID_SIZE 17 /* 64 bits in lower-case hexadecimal, and the NUL */

/* Appends the identicon of an avatar id to svg, as an SVG document. Its colours suit a light and a dark page. The same
 * id always gives the same bytes. Returns 1, or 0 and appends nothing if id is not an avatar id. */
int mt_avatar_draw(mt_buffer_t *svg, const char *id);

/* Returns the URL of the Gravatar image for an e-mail address, in pool: https, with this number of pixels on each side.
 * Gravatar sends an identicon for an address that it does not have. */
const char *mt_avatar_gravatar(apr_pool_t *pool, const char *email, int size);

#endif
