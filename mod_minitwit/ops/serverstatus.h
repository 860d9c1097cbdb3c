/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SERVERSTATUS_H
#define MT_SERVERSTATUS_H

/* Adds a section to mod_status' page, and lines to its ?auto form, if mod_status is there. To be called among the
 * hooks. */
void mt_ops_serverstatus_register(void);

#endif
