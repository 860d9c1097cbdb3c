/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REVISION_H
#define MT_REVISION_H

/* Which build of MT_VERSION this is, as scripts/revision says: a commit mostly. A function, so that a new commit makes one object
 * old, not each that shows it. */
const char *mt_revision_get(void);

#endif
