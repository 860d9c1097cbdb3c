/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WEB_PROFILE_H
#define MT_WEB_PROFILE_H

#include "http/request.h"
#include "store/profiles.h"
#include "web/views.h"

/* Fills in the head of a page of owner, except for the fields at_…. visitor: NULL if nobody is signed in. next: the
 * path of this page below the mount, with its query. An anonymous visitor returns to it after a login. */
void mt_web_profile_show(const mt_request_t *request, const mt_user_t *visitor, const mt_user_t *owner,
                         const mt_profile_t *profile, const char *next, mt_profile_view_t *view);

#endif
