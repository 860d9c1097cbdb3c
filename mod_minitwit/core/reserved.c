/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/reserved.h"

#include <stddef.h>

const char *const mt_reserved_names[] = { "public",      "add_message", "login",  "register", "logout",
                                          "favicon.ico", "robots.txt",  "static", "-",        NULL };
