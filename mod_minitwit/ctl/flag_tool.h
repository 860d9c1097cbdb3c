/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FLAG_TOOL_H
#define MT_FLAG_TOOL_H

/* Returns whether the program runs under the name flag_tool, which is a link. name is argv[0] and may be NULL. */
int mt_ctl_flag_tool_is_meant(const char *name);

#endif
