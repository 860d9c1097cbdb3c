/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FLAG_TOOL_H
#define MT_FLAG_TOOL_H

/* Whether the program was called as flag_tool, by a link of that name. name: argv[0], which may be NULL. */
int mt_ctl_flag_tool_is_meant(const char *name);

#endif
