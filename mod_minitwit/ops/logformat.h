/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_LOGFORMAT_H
#define MT_LOGFORMAT_H

#include <httpd.h>

#include <http_config.h>

/* Looks at what others' directives say to the letter of ops/accesslog.h, since mod_log_config looks at the letter alone. */

/* LogFormat FORMAT [NICKNAME] */
const char *mt_ops_logformat_check(cmd_parms *cmd, void *mount, const char *format, const char *nickname);

/* CustomLog FILE FORMAT-OR-NICKNAME [CONDITION], GlobalLog alike */
const char *mt_ops_logformat_check_log(cmd_parms *cmd, void *mount, const char *file, const char *format,
                                       const char *condition);

#endif
