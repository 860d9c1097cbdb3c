/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DISPATCH_H
#define MT_DISPATCH_H

#include <httpd.h>

/* The handler hook: finds the route of a request, refuses requests from other sites' pages, calls the endpoint, and
 * sends the answer. */
int mt_dispatch_handle(request_rec *r);

#endif
