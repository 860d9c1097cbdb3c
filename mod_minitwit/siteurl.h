/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SITEURL_H
#define MT_SITEURL_H

#include "http/config.h"

/* Reads the value of MinitwitSiteURL: http or https, a host in ASCII and an optional port. It does not contain the path
 * of a mount, because several sites of a host may share the value. Sets *url, in pool, to the value in lower case,
 * without the scheme's default port and without a slash at its end. Returns NULL, or the message for the operator. */
const char *mt_siteurl_parse(apr_pool_t *pool, const char *text, const char **url);

/* Logs which hosts mount the site without MinitwitSiteURL. Call it when the server starts, not for "httpd -t". */
void mt_siteurl_report(const server_rec *first);

#endif
