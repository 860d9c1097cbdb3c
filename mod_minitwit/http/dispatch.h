/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DISPATCH_H
#define MT_DISPATCH_H

#include <httpd.h>

/* The handler hook. Finds the route of a request, refuses changes that a page of another site sent or that no user
 * made, calls the endpoint, and sends the answer. Returns DECLINED for a path without a mount of this module. */
int mt_dispatch_handle(request_rec *r);

#endif
