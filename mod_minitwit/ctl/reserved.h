/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESERVED_H
#define MT_RESERVED_H

/* The first segments of the site's fixed paths, which hide the pages of users of these names. Ends with NULL. */
extern const char *const mt_reserved_names[];

#endif
