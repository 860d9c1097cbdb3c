/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REVISION_H
#define MT_REVISION_H

/* Returns the revision of this build, as scripts/revision prints it: usually a commit. It is a function, so that a new
 * commit recompiles one object and not each that shows the revision. */
const char *mt_revision_get(void);

#endif
