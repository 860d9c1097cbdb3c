/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_AUDIT_H
#define MT_CTL_AUDIT_H

#include "ctl/ctl.h"

/* Adds a row to the audit for a command that reads personal data, and commits it. Call it before the first byte is
 * printed, outside of a transaction. It is for commands that must also work with a role that may not write, and on a
 * standby: if it fails, it prints a warning. Other commands call mt_audit_add and fail. The arguments are those of
 * mt_audit_add. */
void mt_ctl_audit_note(const mt_ctl_t *ctl, PGconn *pg, const char *action, const char *target, const char *details);

#endif
