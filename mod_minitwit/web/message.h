/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MESSAGE_H
#define MT_MESSAGE_H

#include "http/request.h"

/* Stores a message of the visitor. Redirects to their timeline, or after a reply to the page of the answered message.
 * text is not empty. The request's form may have the field "answers". Returns OK, or fails the request: with 400 if a
 * field is wrong, with 401 if the session has ended, with 410 if the answered message does not exist or is flagged. */
int mt_web_message_store(mt_request_t *request, const char *text);

#endif
