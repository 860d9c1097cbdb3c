/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SERVERSTATUS_H
#define MT_SERVERSTATUS_H

/* Adds a section to the page of mod_status, and lines to its ?auto form, if mod_status is loaded. Call this where the
 * hooks are registered. */
void mt_ops_serverstatus_register(void);

#endif
