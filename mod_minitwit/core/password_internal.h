/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_INTERNAL_H
#define MT_PASSWORD_INTERNAL_H

/* Reads prefix and, right after it, a decimal number from 1 to max, without sign or leading zeros, and moves *text past
 * both. Returns 1, or 0 when anything else stands there. */
int mt_password_number(const char **text, const char *prefix, unsigned long max, unsigned long *number);

#endif
