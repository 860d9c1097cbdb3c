/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HANDLER_H
#define MT_HANDLER_H

struct mt_request_t;

/* A handler of this module, which the directive SetHandler mounts at a path. */
typedef struct mt_handler_t {
    const char *name;
    int needs_site;        /* 1: it renders pages, so httpd loads the templates */
    int needs_credentials; /* 1: its clients send the API's credentials */
    int needs_watch;       /* 1: it shows metrics that are read from the database in the background */
    int forgives_slash;    /* 1: a slash after the path of a page leads to the page */
    /* 1: only the last segment of the path selects the route, so that a <Location> may name the whole path (health). */
    int last_segment;
    /* Called for a request that is refused because a page of another site sent it, or because no user made it. Records
     * the data that must not be lost. Returns OK, or the status of another failure. NULL: there is nothing to record.
     * */
    int (*record)(struct mt_request_t *request);
    /* Fills in the response for a failure: status, body and content type. response.problem is the text for the client,
     * never NULL. */
    void (*fail)(struct mt_request_t *request, int status);
} mt_handler_t;

#endif
