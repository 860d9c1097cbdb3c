/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WEB_ATOM_H
#define MT_WEB_ATOM_H

#include "http/request.h"
#include "store/messages.h"

/* Feeds in the Atom Syndication Format (RFC 4287). An entry also names the message that it answers (RFC 4685). Their
 * ids and those of their entries are tag URIs (RFC 4151) on the identity of the site, so they do not depend on its
 * address. URLs are absolute if the site's address is known (mt_web_page_absolute), and otherwise relative references,
 * which readers resolve with the address of the feed. */

typedef struct mt_atom_t {
    const char *key;   /* the end of its id, percent-encoded: the same forever, and different for each feed */
    const char *title; /* names are isolated (core/name.h) */
    const char *path;  /* of the feed, below the mount, percent-encoded */
    const char *page;  /* of the page with the same messages, in the same form */
} mt_atom_t;

/* Writes the feed into the response's body. The timeline has the site's identity, and its messages become entries. */
void mt_web_atom_write(mt_request_t *request, const mt_atom_t *feed, const mt_timeline_t *timeline);

#endif
